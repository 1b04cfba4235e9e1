# Written by sdse; draw again with: gnuplot <this file>
$data << END_OF_DATA
# point	Energy [mJ]	Latency [ms]	on front	panel	type	colour	arch	arch	form	parameters
1	12.3095571	28.250674	1	0	5	0xa16602	"eyeriss"	"eyeriss"	"raw"	"GLB.capacity_kib=32"
2	13.6285714	20.07888	1	0	5	0xa16602	"eyeriss"	"eyeriss"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=32"
3	14.6658833	16.790006	1	0	5	0xa16602	"eyeriss"	"eyeriss"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=32"
4	16.3131476	17.272168	0	0	4	0xa16602	"eyeriss"	"eyeriss"	"raw"	"GLB.capacity_kib=64"
5	14.5370619	20.78087	0	0	4	0xa16602	"eyeriss"	"eyeriss"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=64"
6	13.4663143	21.130594	0	0	4	0xa16602	"eyeriss"	"eyeriss"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=64"
7	14.5175286	17.499358	1	0	5	0xa16602	"eyeriss"	"eyeriss"	"raw"	"GLB.capacity_kib=128"
8	15.6829357	16.586068	1	0	5	0xa16602	"eyeriss"	"eyeriss"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=128"
9	14.5960452	22.792032	0	0	4	0xa16602	"eyeriss"	"eyeriss"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=128"
10	13.0334071	21.000964	1	0	5	0xa16602	"eyeriss"	"eyeriss"	"raw"	"GLB.capacity_kib=256"
12	15.2939143	17.208664	0	0	4	0xa16602	"eyeriss"	"eyeriss"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=256"
13	20.1379143	28.7077	0	0	6	0x1f357a	"diannao"	"diannao"	"raw"	"GLB.capacity_kib=32"
14	18.8738929	24.021508	0	0	6	0x1f357a	"diannao"	"diannao"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=32"
15	20.3335381	21.593794	0	0	6	0x1f357a	"diannao"	"diannao"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=32"
16	21.0638333	19.139556	0	0	6	0x1f357a	"diannao"	"diannao"	"raw"	"GLB.capacity_kib=64"
17	22.7444786	19.8962	0	0	6	0x1f357a	"diannao"	"diannao"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=64"
18	18.725419	25.20336	0	0	6	0x1f357a	"diannao"	"diannao"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=64"
19	19.8799929	22.39136	0	0	6	0x1f357a	"diannao"	"diannao"	"raw"	"GLB.capacity_kib=128"
20	21.2411857	19.783278	0	0	6	0x1f357a	"diannao"	"diannao"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=128"
21	21.8216429	19.183882	0	0	6	0x1f357a	"diannao"	"diannao"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=128"
23	19.5956143	21.932022	0	0	6	0x1f357a	"diannao"	"diannao"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=256"
24	21.0834857	20.439916	0	0	6	0x1f357a	"diannao"	"diannao"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=256"
25	11.5137762	33.01306	0	0	8	0x268d79	"smartexchange"	"smartexchange"	"raw"	"GLB.capacity_kib=32"
26	7.95902857	42.887286	1	0	9	0x268d79	"smartexchange"	"smartexchange"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=32"
27	8.93646667	34.762458	1	0	9	0x268d79	"smartexchange"	"smartexchange"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=32"
28	10.4294929	34.347468	0	0	8	0x268d79	"smartexchange"	"smartexchange"	"raw"	"GLB.capacity_kib=64"
29	11.3655286	31.924386	1	0	9	0x268d79	"smartexchange"	"smartexchange"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=64"
30	7.68215	46.109086	1	0	9	0x268d79	"smartexchange"	"smartexchange"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=64"
31	8.96048571	35.337292	0	0	8	0x268d79	"smartexchange"	"smartexchange"	"raw"	"GLB.capacity_kib=128"
32	9.76451429	34.648418	1	0	9	0x268d79	"smartexchange"	"smartexchange"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=128"
34	9.62562857	37.339282	0	0	8	0x268d79	"smartexchange"	"smartexchange"	"raw"	"GLB.capacity_kib=256"
35	8.80266667	36.389006	1	0	9	0x268d79	"smartexchange"	"smartexchange"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=256"
36	9.84937143	34.05777	1	0	9	0x268d79	"smartexchange"	"smartexchange"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=256"


# front of Energy [mJ] and Latency [ms]
7.68215	46.109086
7.95902857	42.887286
8.80266667	36.389006
8.93646667	34.762458
9.76451429	34.648418
9.84937143	34.05777
11.3655286	31.924386
12.3095571	28.250674
13.0334071	21.000964
13.6285714	20.07888
14.5175286	17.499358
14.6658833	16.790006
15.6829357	16.586068
END_OF_DATA
set terminal pngcairo noenhanced size 1598,934 font 'sans,18' linewidth 2 pointscale 1.6 background rgb '#ffffff'
if (exists('picture')) set output picture; else set output './'.'front.png'
set encoding utf8
set datafile separator "\t"
data = '$data'
set border 3 lc rgb '#333333'
set tics nomirror out scale 0.6 textcolor rgb '#222222'
set grid lc rgb '#cccccc' lw 0.5
set format '%g'
set title textcolor rgb '#222222'
set xlabel textcolor rgb '#222222'
set ylabel textcolor rgb '#222222'
set key textcolor rgb '#222222'
set cblabel textcolor rgb '#222222'
set label 9001 'resnet-toy: 33 points, 13 on the front, 3 infeasible' at screen 0.0250, screen 0.9700 left front textcolor rgb '#222222'
set label 9101 'arch:' at screen 0.8179, screen 0.9133 left textcolor rgb '#222222'
set label 9109 '' at screen 0.8304, screen 0.8769 point pt 7 ps 1.4 lc rgb '#1f357a'
set label 9102 'diannao' at screen 0.8504, screen 0.8769 left textcolor rgb '#222222'
set label 9110 '' at screen 0.8304, screen 0.8405 point pt 5 ps 1.4 lc rgb '#a16602'
set label 9103 'eyeriss' at screen 0.8504, screen 0.8405 left textcolor rgb '#222222'
set label 9111 '' at screen 0.8304, screen 0.8041 point pt 9 ps 1.4 lc rgb '#268d79'
set label 9104 'smartexchange' at screen 0.8504, screen 0.8041 left textcolor rgb '#222222'
set label 9112 '' at screen 0.8304, screen 0.7677 point pt 6 ps 0.9 lc rgb '#777777'
set label 9105 'dominated' at screen 0.8504, screen 0.7677 left textcolor rgb '#222222'
set arrow 9106 from screen 0.8179, screen 0.7313 to screen 0.8429, screen 0.7313 nohead lc rgb '#777777' lw 1.5
set label 9106 'front' at screen 0.8504, screen 0.7313 left textcolor rgb '#222222'
set label 9114 '' at screen 0.8304, screen 0.6949 point pt 6 ps 2.2 lc rgb '#000000'
set label 9107 'knee' at screen 0.8504, screen 0.6949 left textcolor rgb '#222222'
set key off
set lmargin at screen 0.1033
set rmargin at screen 0.7916
set tmargin at screen 0.9315
set bmargin at screen 0.1178
set xlabel 'Energy [mJ]'
unset logscale x
set xrange [6.77841:23.6482]
set xtics 2
set ylabel 'Latency [ms]'
unset logscale y
set yrange [14.8147:47.8805]
set ytics 5
plot data index 0 using ($4 == 0 ? $2 : NaN):3:6:7 with points pt variable ps 0.9 lc rgb variable notitle, \
     data index 1 using 1:2 with steps lc rgb '#777777' lw 1.5 notitle, \
     data index 0 using ($4 == 1 ? $2 : NaN):3:6:7 with points pt variable ps 1.4 lc rgb variable notitle, \
     '+' every ::0::0 using (8.93646667):(34.762458) with points pt 6 ps 2.6 lw 1.5 lc rgb '#000000' notitle

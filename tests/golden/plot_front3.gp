# Written by sdse; draw again with: gnuplot <this file>
$data << END_OF_DATA
# point	Energy [mJ]	Latency [ms]	Relative weight error	on front	panel	type	colour	form	arch	form	parameters
2	13.6285714	20.07888	0.25	1	0	5	0xa16602	"smartdeal_n3_d0.4"	"eyeriss"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=32"
3	14.6658833	16.790006	0.35	1	0	7	0x1f357a	"smartdeal_n3_d0.2"	"eyeriss"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=32"
5	14.5370619	20.78087	0.25	0	0	4	0xa16602	"smartdeal_n3_d0.4"	"eyeriss"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=64"
6	13.4663143	21.130594	0.35	1	0	7	0x1f357a	"smartdeal_n3_d0.2"	"eyeriss"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=64"
8	15.6829357	16.586068	0.25	1	0	5	0xa16602	"smartdeal_n3_d0.4"	"eyeriss"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=128"
9	14.5960452	22.792032	0.35	0	0	6	0x1f357a	"smartdeal_n3_d0.2"	"eyeriss"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=128"
12	15.2939143	17.208664	0.35	0	0	6	0x1f357a	"smartdeal_n3_d0.2"	"eyeriss"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=256"
14	18.8738929	24.021508	0.25	0	0	4	0xa16602	"smartdeal_n3_d0.4"	"diannao"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=32"
15	20.3335381	21.593794	0.35	0	0	6	0x1f357a	"smartdeal_n3_d0.2"	"diannao"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=32"
17	22.7444786	19.8962	0.25	0	0	4	0xa16602	"smartdeal_n3_d0.4"	"diannao"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=64"
18	18.725419	25.20336	0.35	0	0	6	0x1f357a	"smartdeal_n3_d0.2"	"diannao"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=64"
20	21.2411857	19.783278	0.25	0	0	4	0xa16602	"smartdeal_n3_d0.4"	"diannao"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=128"
21	21.8216429	19.183882	0.35	0	0	6	0x1f357a	"smartdeal_n3_d0.2"	"diannao"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=128"
23	19.5956143	21.932022	0.25	0	0	4	0xa16602	"smartdeal_n3_d0.4"	"diannao"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=256"
24	21.0834857	20.439916	0.35	0	0	6	0x1f357a	"smartdeal_n3_d0.2"	"diannao"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=256"
26	7.95902857	42.887286	0.25	1	0	5	0xa16602	"smartdeal_n3_d0.4"	"smartexchange"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=32"
27	8.93646667	34.762458	0.35	1	0	7	0x1f357a	"smartdeal_n3_d0.2"	"smartexchange"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=32"
29	11.3655286	31.924386	0.25	1	0	5	0xa16602	"smartdeal_n3_d0.4"	"smartexchange"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=64"
30	7.68215	46.109086	0.35	1	0	7	0x1f357a	"smartdeal_n3_d0.2"	"smartexchange"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=64"
32	9.76451429	34.648418	0.25	1	0	5	0xa16602	"smartdeal_n3_d0.4"	"smartexchange"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=128"
35	8.80266667	36.389006	0.25	1	0	5	0xa16602	"smartdeal_n3_d0.4"	"smartexchange"	"smartdeal_n3_d0.4"	"GLB.capacity_kib=256"
36	9.84937143	34.05777	0.35	1	0	7	0x1f357a	"smartdeal_n3_d0.2"	"smartexchange"	"smartdeal_n3_d0.2"	"GLB.capacity_kib=256"


# front of Energy [mJ] and Latency [ms]
7.68215	46.109086
7.95902857	42.887286
8.80266667	36.389006
8.93646667	34.762458
9.76451429	34.648418
9.84937143	34.05777
11.3655286	31.924386
13.4663143	21.130594
13.6285714	20.07888
14.6658833	16.790006
15.6829357	16.586068


# front of Energy [mJ] and Relative weight error
7.68215	0.35
7.95902857	0.25


# front of Relative weight error and Latency [ms]
0.25	16.586068
END_OF_DATA
set terminal pngcairo noenhanced size 1710,1244 font 'sans,18' linewidth 2 pointscale 1.6 background rgb '#ffffff'
if (exists('picture')) set output picture; else set output './'.'front3.png'
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
set label 9001 'resnet-toy: 22 points, 11 on the front, 3 infeasible, 11 without an objective' at screen 0.0234, screen 0.9775 left front textcolor rgb '#222222'
set label 9101 'form:' at screen 0.5433, screen 0.4606 left textcolor rgb '#222222'
set label 9108 '' at screen 0.5550, screen 0.4333 point pt 7 ps 1.4 lc rgb '#1f357a'
set label 9102 'smartdeal_n3_d0.2' at screen 0.5737, screen 0.4333 left textcolor rgb '#222222'
set label 9109 '' at screen 0.5550, screen 0.4059 point pt 5 ps 1.4 lc rgb '#a16602'
set label 9103 'smartdeal_n3_d0.4' at screen 0.5737, screen 0.4059 left textcolor rgb '#222222'
set label 9110 '' at screen 0.5550, screen 0.3786 point pt 6 ps 0.9 lc rgb '#777777'
set label 9104 'dominated' at screen 0.5737, screen 0.3786 left textcolor rgb '#222222'
set arrow 9105 from screen 0.5433, screen 0.3513 to screen 0.5667, screen 0.3513 nohead lc rgb '#777777' lw 1.5
set label 9105 'front of the two axes' at screen 0.5737, screen 0.3513 left textcolor rgb '#222222'
set label 9112 '' at screen 0.5550, screen 0.3240 point pt 6 ps 2.2 lc rgb '#000000'
set label 9106 'knee' at screen 0.5737, screen 0.3240 left textcolor rgb '#222222'
set key off
set multiplot
set lmargin at screen 0.0965
set rmargin at screen 0.4708
set tmargin at screen 0.9486
set bmargin at screen 0.5627
set xlabel 'Energy [mJ]'
unset logscale x
set xrange [6.77841:23.6482]
set xtics 2
set ylabel 'Latency [ms]'
unset logscale y
set yrange [14.8147:47.8805]
set ytics 5
plot data index 0 using ($5 == 0 ? $2 : NaN):3:7:8 with points pt variable ps 0.9 lc rgb variable notitle, \
     data index 1 using 1:2 with steps lc rgb '#777777' lw 1.5 notitle, \
     data index 0 using ($5 == 1 ? $2 : NaN):3:7:8 with points pt variable ps 1.4 lc rgb variable notitle, \
     '+' every ::0::0 using (8.80266667):(36.389006) with points pt 6 ps 2.6 lw 1.5 lc rgb '#000000' notitle
set lmargin at screen 0.5848
set rmargin at screen 0.9591
set tmargin at screen 0.9486
set bmargin at screen 0.5627
unset label 9001
unset label 9101
unset label 9102
unset label 9108
unset label 9103
unset label 9109
unset label 9104
unset label 9110
unset label 9105
unset arrow 9105
unset label 9106
unset label 9112
set xlabel 'Energy [mJ]'
unset logscale x
set xrange [6.77841:23.6482]
set xtics 2
set ylabel 'Relative weight error'
unset logscale y
set yrange [0.244:0.356]
set ytics 0.02
plot data index 0 using ($5 == 0 ? $2 : NaN):4:7:8 with points pt variable ps 0.9 lc rgb variable notitle, \
     data index 2 using 1:2 with steps lc rgb '#777777' lw 1.5 notitle, \
     data index 0 using ($5 == 1 ? $2 : NaN):4:7:8 with points pt variable ps 1.4 lc rgb variable notitle, \
     '+' every ::0::0 using (8.80266667):(0.25) with points pt 6 ps 2.6 lw 1.5 lc rgb '#000000' notitle
set lmargin at screen 0.0965
set rmargin at screen 0.4708
set tmargin at screen 0.4743
set bmargin at screen 0.0884
set xlabel 'Relative weight error'
unset logscale x
set xrange [0.244:0.356]
set xtics 0.02
set ylabel 'Latency [ms]'
unset logscale y
set yrange [14.8147:47.8805]
set ytics 5
plot data index 0 using ($5 == 0 ? $4 : NaN):3:7:8 with points pt variable ps 0.9 lc rgb variable notitle, \
     data index 3 using 1:2 with steps lc rgb '#777777' lw 1.5 notitle, \
     data index 0 using ($5 == 1 ? $4 : NaN):3:7:8 with points pt variable ps 1.4 lc rgb variable notitle, \
     '+' every ::0::0 using (0.25):(36.389006) with points pt 6 ps 2.6 lw 1.5 lc rgb '#000000' notitle
unset multiplot

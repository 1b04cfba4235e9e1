# Written by sdse; draw again with: gnuplot <this file>
$data << END_OF_DATA
# x	relative error [%]	stored [KiB]	stored [bits per weight]	layer	setting
# 0: layers of "conv"
8	1	4	8	"a"	"c=8"
4	90	2	4	"a"	"c=4"
2	16	1	2	"a"	"c=2"
1	64	0.5	1	"a"	"c=1"
8	1.2	12	8	"c"	"c=8"
4	4.8	6	4	"c"	"c=4"
2	19.2	3	2	"c"	"c=2"
1	76.8	1.5	1	"c"	"c=1"
8	1.4	20	8	"e"	"c=8"
4	5.6	10	4	"e"	"c=4"
2	22.4	5	2	"e"	"c=2"
1	89.6	2.5	1	"e"	"c=1"
4	7.6	20	4	"j"	"c=4"
2	30.4	10	2	"j"	"c=2"
1	121.6	5	1	"j"	"c=1"


# 1: fronts of the same
1	64	0.5	1	"a"	"c=1"
2	16	1	2	"a"	"c=2"
8	1	4	8	"a"	"c=8"

1	76.8	1.5	1	"c"	"c=1"
2	19.2	3	2	"c"	"c=2"
4	4.8	6	4	"c"	"c=4"
8	1.2	12	8	"c"	"c=8"

1	89.6	2.5	1	"e"	"c=1"
2	22.4	5	2	"e"	"c=2"
4	5.6	10	4	"e"	"c=4"
8	1.4	20	8	"e"	"c=8"

1	121.6	5	1	"j"	"c=1"
2	30.4	10	2	"j"	"c=2"
4	7.6	20	4	"j"	"c=4"



# 2: layers of "fc"
8	1.1	8	8	"b"	"c=8"
4	4.4	4	4	"b"	"c=4"
2	17.6	2	2	"b"	"c=2"
1	70.4	1	1	"b"	"c=1"
8	1.3	16	8	"d"	"c=8"
4	5.2	8	4	"d"	"c=4"
2	20.8	4	2	"d"	"c=2"
1	83.2	2	1	"d"	"c=1"
8	1.5	24	8	"f"	"c=8"
4	6	12	4	"f"	"c=4"
2	24	6	2	"f"	"c=2"
1	96	3	1	"f"	"c=1"
8	1.6	28	8	"g"	"c=8"
4	6.4	14	4	"g"	"c=4"
2	25.6	7	2	"g"	"c=2"
1	102.4	3.5	1	"g"	"c=1"
8	1.7	32	8	"h"	"c=8"
4	6.8	16	4	"h"	"c=4"
2	27.2	8	2	"h"	"c=2"
1	108.8	4	1	"h"	"c=1"
8	1.8	36	8	"it's "	"c=8"
4	7.2	18	4	"it's "	"c=4"
2	28.8	9	2	"it's "	"c=2"
1	115.2	4.5	1	"it's "	"c=1"


# 3: fronts of the same
1	70.4	1	1	"b"	"c=1"
2	17.6	2	2	"b"	"c=2"
4	4.4	4	4	"b"	"c=4"
8	1.1	8	8	"b"	"c=8"

1	83.2	2	1	"d"	"c=1"
2	20.8	4	2	"d"	"c=2"
4	5.2	8	4	"d"	"c=4"
8	1.3	16	8	"d"	"c=8"

1	96	3	1	"f"	"c=1"
2	24	6	2	"f"	"c=2"
4	6	12	4	"f"	"c=4"
8	1.5	24	8	"f"	"c=8"

1	102.4	3.5	1	"g"	"c=1"
2	25.6	7	2	"g"	"c=2"
4	6.4	14	4	"g"	"c=4"
8	1.6	28	8	"g"	"c=8"

1	108.8	4	1	"h"	"c=1"
2	27.2	8	2	"h"	"c=2"
4	6.8	16	4	"h"	"c=4"
8	1.7	32	8	"h"	"c=8"

1	115.2	4.5	1	"it's "	"c=1"
2	28.8	9	2	"it's "	"c=2"
4	7.2	18	4	"it's "	"c=4"
8	1.8	36	8	"it's "	"c=8"



# 4: the whole
40	1	40	8	"total"	"c=8"
20	4	20	4	"total"	"c=4"
10	16	10	2	"total"	"c=2"
5	64	5	1	"total"	"c=1"


# 5: front of the whole
5	64	5	1	"total"	"c=1"
10	16	10	2	"total"	"c=2"
20	4	20	4	"total"	"c=4"
40	1	40	8	"total"	"c=8"


# 6: names beside it
5	64	"c=1"	5.29334	69.5993
10	16	"c=2"	8.46232	17.3998
20	4	"c=4"	21.1734	4.34995
40	1	"c=8"	42.3467	1.08749
END_OF_DATA
set terminal pngcairo noenhanced size 2263,894 font 'sans,18' linewidth 2 pointscale 1.6 background rgb '#ffffff'
if (exists('picture')) set output picture; else set output './'.'grid.png'
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
set label 9001 'net ''x'': 10 layers, 4 settings, 1 points without error not drawn' at screen 0.0177, screen 0.9687 left front textcolor rgb '#222222'
set label 9105 '' at screen 0.8228, screen 0.9094 point pt 7 ps 1.4 lc rgb '#1f357a'
set label 9101 'conv' at screen 0.8369, screen 0.9094 left textcolor rgb '#222222'
set label 9106 '' at screen 0.8228, screen 0.8714 point pt 5 ps 1.4 lc rgb '#a16602'
set label 9102 'fc' at screen 0.8369, screen 0.8714 left textcolor rgb '#222222'
set label 9107 '' at screen 0.8228, screen 0.8333 point pt 6 ps 0.9 lc rgb '#777777'
set label 9103 'setting' at screen 0.8369, screen 0.8333 left textcolor rgb '#222222'
set label 9108 '' at screen 0.8228, screen 0.7953 point pt 7 ps 1.2 lc rgb '#d55e00'
set label 9104 'none smaller and better' at screen 0.8369, screen 0.7953 left textcolor rgb '#222222'
set key off
set multiplot
set lmargin at screen 0.0729
set rmargin at screen 0.3911
set tmargin at screen 0.9284
set bmargin at screen 0.1230
set xlabel 'stored bits per weight, each layer'
set logscale x 10
set xrange [0.882703:9.06307]
set xtics (1, 1.5, 2, 3, 4, 5, 7)
set ylabel 'relative error [%]'
set logscale y 10
set yrange [0.749728:162.192]
set ytics (1, 2, 5, 10, 20, 50, 100)
plot data index 0 using 1:2 with points pt 7 ps 0.25 lc rgb '#cccccc' notitle, \
     data index 2 using 1:2 with points pt 7 ps 0.25 lc rgb '#cccccc' notitle, \
     data index 1 using 1:2 with lines lc rgb '#1f357a' lw 0.5 notitle, \
     data index 3 using 1:2 with lines lc rgb '#a16602' lw 0.5 notitle, \
     data index 1 using 1:2 with points pt 7 ps 0.7 lc rgb '#1f357a' notitle, \
     data index 3 using 1:2 with points pt 5 ps 0.7 lc rgb '#a16602' notitle
set lmargin at screen 0.4772
set rmargin at screen 0.7954
set tmargin at screen 0.9284
set bmargin at screen 0.1230
unset label 9001
unset label 9101
unset label 9105
unset label 9102
unset label 9106
unset label 9103
unset label 9107
unset label 9104
unset label 9108
set xlabel 'stored [KiB], all layers together'
set logscale x 10
set xrange [4.41351:82.8212]
set xtics (5, 7, 10, 15, 20, 30, 40, 50, 70)
set ylabel 'relative error [%]'
set logscale y 10
set yrange [0.779165:119.428]
set ytics (1, 2, 5, 10, 20, 50, 100)
plot data index 5 using 1:2 with steps lc rgb '#777777' lw 1.5 notitle, \
     data index 4 using 1:2 with points pt 6 ps 0.9 lc rgb '#777777' notitle, \
     data index 5 using 1:2 with points pt 7 ps 1.2 lc rgb '#d55e00' notitle, \
     data index 6 using 4:5:3 with labels left font ',13' tc rgb '#222222' notitle
unset multiplot

# Written by sdse; draw again with: gnuplot <this file>
$data << END_OF_DATA
# x	relative error [%]	stored [KiB]	stored [bits per weight]	layer	setting
# 0: layers of "conv"
4	1	4	8	"a"	"c=8"
12	1.2	12	8	"c"	"c=8"
20	1.4	20	8	"e"	"c=8"


# 1: fronts of the same
4	1	4	8	"a"	"c=8"

12	1.2	12	8	"c"	"c=8"

20	1.4	20	8	"e"	"c=8"




# 2: layers of "fc"
8	1.1	8	8	"b"	"c=8"
16	1.3	16	8	"d"	"c=8"
24	1.5	24	8	"f"	"c=8"
28	1.6	28	8	"g"	"c=8"
32	1.7	32	8	"h"	"c=8"
36	1.8	36	8	"it's "	"c=8"


# 3: fronts of the same
8	1.1	8	8	"b"	"c=8"

16	1.3	16	8	"d"	"c=8"

24	1.5	24	8	"f"	"c=8"

28	1.6	28	8	"g"	"c=8"

32	1.7	32	8	"h"	"c=8"

36	1.8	36	8	"it's "	"c=8"



# 4: the whole
40	1	40	8	"total"	"c=8"


# 5: front of the whole
40	1	40	8	"total"	"c=8"
END_OF_DATA
set terminal svg noenhanced size 690,447 font 'sans,12' linewidth 1 background rgb '#ffffff'
if (exists('picture')) set output picture; else set output './'.'one.svg'
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
set label 9001 'net ''x'': 10 layers, 1 setting: c=8, 1 points without error not drawn' at screen 0.0290, screen 0.9687 left front textcolor rgb '#222222'
set label 9103 '' at screen 0.8885, screen 0.9094 point pt 7 ps 1.4 lc rgb '#1f357a'
set label 9101 'conv' at screen 0.9117, screen 0.9094 left textcolor rgb '#222222'
set label 9104 '' at screen 0.8885, screen 0.8714 point pt 5 ps 1.4 lc rgb '#a16602'
set label 9102 'fc' at screen 0.9117, screen 0.8714 left textcolor rgb '#222222'
set key off
set lmargin at screen 0.1195
set rmargin at screen 0.8436
set tmargin at screen 0.9284
set bmargin at screen 0.1230
set xlabel 'stored [KiB]'
set logscale x 10
set xrange [3.50595:41.0731]
set xtics (4, 5, 7, 10, 15, 20, 30, 40)
set ylabel 'relative error [%]'
unset logscale y
set yrange [0.952:1.848]
set ytics 0.1
plot data index 0 using 1:2 with points pt 7 ps 1.1 lc rgb '#1f357a' notitle, \
     data index 2 using 1:2 with points pt 5 ps 1.1 lc rgb '#a16602' notitle

# Written by sdse; draw again with: gnuplot <this file>
$data << END_OF_DATA
# x	relative error [%]	stored [KiB]	stored [bits per weight]	layer	setting
# 0: layers of "a"
8	1	4	8	"a"	"c=8"
4	90	2	4	"a"	"c=4"
2	16	1	2	"a"	"c=2"
1	64	0.5	1	"a"	"c=1"


# 1: fronts of the same
1	64	0.5	1	"a"	"c=1"
2	16	1	2	"a"	"c=2"
8	1	4	8	"a"	"c=8"



# 2: the whole
40	1	40	8	"total"	"c=8"
20	4	20	4	"total"	"c=4"
10	16	10	2	"total"	"c=2"
5	64	5	1	"total"	"c=1"


# 3: front of the whole
5	64	5	1	"total"	"c=1"
10	16	10	2	"total"	"c=2"
20	4	20	4	"total"	"c=4"
40	1	40	8	"total"	"c=8"


# 4: names beside it
5	64	"c=1"	5.20951	69.5993
10	16	"c=2"	8.86732	17.3998
20	4	"c=4"	20.838	4.34995
40	1	"c=8"	41.6761	1.08749
END_OF_DATA
set terminal pdfcairo noenhanced size 8.140in,4.470in font 'sans,9' linewidth 1 pointscale 0.5 background rgb '#ffffff'
if (exists('picture')) set output picture; else set output './'.'layer.pdf'
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
set label 9001 'net ''x'': 1 layer, 4 settings' at screen 0.0246, screen 0.9687 left front textcolor rgb '#222222'
set label 9103 '' at screen 0.7537, screen 0.9094 point pt 6 ps 0.9 lc rgb '#777777'
set label 9101 'setting' at screen 0.7733, screen 0.9094 left textcolor rgb '#222222'
set label 9104 '' at screen 0.7537, screen 0.8714 point pt 7 ps 1.2 lc rgb '#d55e00'
set label 9102 'none smaller and better' at screen 0.7733, screen 0.8714 left textcolor rgb '#222222'
set key off
set lmargin at screen 0.1014
set rmargin at screen 0.7156
set tmargin at screen 0.9284
set bmargin at screen 0.1230
set xlabel 'stored [KiB]'
set logscale x 10
set xrange [4.41351:82.8212]
set xtics (5, 7, 10, 15, 20, 30, 40, 50, 70)
set ylabel 'relative error [%]'
set logscale y 10
set yrange [0.779165:119.428]
set ytics (1, 2, 5, 10, 20, 50, 100)
plot data index 3 using 1:2 with steps lc rgb '#777777' lw 1.5 notitle, \
     data index 2 using 1:2 with points pt 6 ps 0.9 lc rgb '#777777' notitle, \
     data index 3 using 1:2 with points pt 7 ps 1.2 lc rgb '#d55e00' notitle, \
     data index 4 using 4:5:3 with labels left font ',13' tc rgb '#222222' notitle

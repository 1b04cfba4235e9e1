# Written by sdse; draw again with: gnuplot <this file>
set terminal svg noenhanced size 700,475 font 'sans,12' linewidth 1 background rgb 'white'
if (exists('picture')) set output picture; else set output './one.svg'
set encoding utf8
set datafile separator "\t"
data = './one.dat'
set border 3 lc rgb '#333333'
set tics nomirror out scale 0.6
set grid lc rgb '#cccccc' lw 0.5
set format '%g'
set title 'net ''x'': 10 layers, 1 setting: c=8, 1 points without error not drawn'
set xlabel 'stored [KiB]'
set logscale x 10
set xrange [3.50595:41.0731]
set xtics (4, 5, 7, 10, 15, 20, 30, 40)
set ylabel 'relative error [%]'
unset logscale y
set ytics auto
set yrange [0.92:1.848]
set key outside top center horizontal Left reverse samplen 1.5 spacing 1.2
plot data index 0 using 1:2 with points pt 7 ps 1.1 lc rgb '#0072b2' title 'conv', \
     data index 2 using 1:2 with points pt 5 ps 1.1 lc rgb '#e69f00' title 'fc'

# Written by sdse; draw again with: gnuplot <this file>
set terminal pngcairo noenhanced size 1900,950 font 'sans,18' linewidth 2 pointscale 1.6
if (exists('picture')) set output picture; else set output './grid.png'
set encoding utf8
set datafile separator "\t"
data = './grid.dat'
set border 3 lc rgb '#333333'
set tics nomirror out scale 0.6
set grid lc rgb '#cccccc' lw 0.5
set format '%g'
set multiplot layout 1,2 title 'net ''x'': 10 layers, 4 settings, 1 points without error not drawn'
set xlabel 'stored bits per weight, each layer'
set logscale x 10
set xrange [0.882703:9.06307]
set xtics (1, 1.5, 2, 3, 4, 5, 7)
set ylabel 'relative error [%]'
set logscale y 10
set yrange [0.749728:162.192]
set ytics (1, 2, 5, 10, 20, 50, 100)
set key outside top center horizontal Left reverse samplen 1.5 spacing 1.2
plot data index 0 using 1:2 with points pt 7 ps 0.25 lc rgb '#c8c8c8' notitle, \
     data index 2 using 1:2 with points pt 7 ps 0.25 lc rgb '#c8c8c8' notitle, \
     data index 1 using 1:2 with lines lc rgb '#0072b2' lw 0.5 notitle, \
     data index 3 using 1:2 with lines lc rgb '#e69f00' lw 0.5 notitle, \
     data index 1 using 1:2 with points pt 7 ps 0.7 lc rgb '#0072b2' title 'conv', \
     data index 3 using 1:2 with points pt 5 ps 0.7 lc rgb '#e69f00' title 'fc'
set xlabel 'stored [KiB], all layers together'
set logscale x 10
set xrange [4.41351:82.8212]
set xtics (5, 7, 10, 15, 20, 30, 40, 50, 70)
set ylabel 'relative error [%]'
set logscale y 10
set yrange [0.779165:119.428]
set ytics (1, 2, 5, 10, 20, 50, 100)
set key outside top center horizontal Left reverse samplen 1.5 spacing 1.2
plot data index 5 using 1:2 with steps lc rgb '#555555' lw 1.5 notitle, \
     data index 4 using 1:2 with points pt 6 ps 0.9 lc rgb '#999999' title 'setting', \
     data index 5 using 1:2 with points pt 7 ps 1.2 lc rgb '#d55e00' title 'none smaller and better', \
     data index 5 every 1 using 1:2:6 with labels left rotate by 18 offset 0.8,0.4 font ',12' tc rgb '#333333' notitle
unset multiplot

# Written by sdse; draw again with: gnuplot <this file>
set terminal pdfcairo noenhanced size 7.000in,4.750in font 'sans,9' linewidth 1 pointscale 0.5
if (exists('picture')) set output picture; else set output './layer.pdf'
set encoding utf8
set datafile separator "\t"
data = './layer.dat'
set border 3 lc rgb '#333333'
set tics nomirror out scale 0.6
set grid lc rgb '#cccccc' lw 0.5
set format '%g'
set title 'net ''x'': 1 layer, 4 settings'
set xlabel 'stored [KiB]'
set logscale x 10
set xrange [4.41351:82.8212]
set xtics (5, 7, 10, 15, 20, 30, 40, 50, 70)
set ylabel 'relative error [%]'
set logscale y 10
set yrange [0.779165:119.428]
set ytics (1, 2, 5, 10, 20, 50, 100)
set key outside top center horizontal Left reverse samplen 1.5 spacing 1.2
plot data index 3 using 1:2 with steps lc rgb '#555555' lw 1.5 notitle, \
     data index 2 using 1:2 with points pt 6 ps 0.9 lc rgb '#999999' title 'setting', \
     data index 3 using 1:2 with points pt 7 ps 1.2 lc rgb '#d55e00' title 'none smaller and better', \
     data index 3 every 1 using 1:2:6 with labels left rotate by 18 offset 0.8,0.4 font ',12' tc rgb '#333333' notitle

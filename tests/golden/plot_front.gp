# Written by sdse; draw again with: gnuplot <this file>
set terminal pngcairo noenhanced size 1600,1000 font 'sans,18' linewidth 2 pointscale 1.6
if (exists('picture')) set output picture; else set output './front.png'
set encoding utf8
set datafile separator "\t"
data = './front.dat'
set border 3 lc rgb '#333333'
set tics nomirror out scale 0.6
set grid lc rgb '#cccccc' lw 0.5
set format '%g'
set offsets graph 0.06, graph 0.06, graph 0.08, graph 0.06
set title 'resnet-toy: 33 points shown, 13 on the front, 3 infeasible'
set key outside right center vertical Left reverse samplen 1.5 spacing 1.2
set xlabel 'Energy [mJ]'
unset logscale x
set ylabel 'Latency [ms]'
unset logscale y
plot data index 1 using 1:2 with steps lc rgb '#555555' lw 1.5 notitle, \
     data index 0 using ($4 == 0 && $5 == 0 ? $2 : NaN):3 with points pt 6 ps 0.9 lc rgb '#0072b2' notitle, \
     data index 0 using ($4 == 1 && $5 == 0 ? $2 : NaN):3 with points pt 4 ps 0.9 lc rgb '#e69f00' notitle, \
     data index 0 using ($4 == 2 && $5 == 0 ? $2 : NaN):3 with points pt 8 ps 0.9 lc rgb '#009e73' notitle, \
     data index 0 using ($4 == 0 && $5 == 1 ? $2 : NaN):3 with points pt 7 ps 1.4 lc rgb '#0072b2' notitle, \
     data index 0 using ($4 == 1 && $5 == 1 ? $2 : NaN):3 with points pt 5 ps 1.4 lc rgb '#e69f00' notitle, \
     data index 0 using ($4 == 2 && $5 == 1 ? $2 : NaN):3 with points pt 9 ps 1.4 lc rgb '#009e73' notitle, \
     '+' every ::0::0 using (8.93646667):(34.762458) with points pt 6 ps 2.6 lw 1.5 lc rgb 'black' notitle, \
     keyentry with points pt 7 ps 1.4 lc rgb '#0072b2' title 'eyeriss', \
     keyentry with points pt 5 ps 1.4 lc rgb '#e69f00' title 'diannao', \
     keyentry with points pt 9 ps 1.4 lc rgb '#009e73' title 'smartexchange', \
     keyentry with points pt 6 ps 0.9 lc rgb '#555555' title 'dominated', \
     keyentry with lines lc rgb '#555555' lw 1.5 title 'front', \
     keyentry with points pt 6 ps 2.6 lw 1.5 lc rgb 'black' title 'knee'

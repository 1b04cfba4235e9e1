# Written by sdse; draw again with: gnuplot <this file>
set terminal pngcairo noenhanced size 1600,1400 font 'sans,18' linewidth 2 pointscale 1.6
if (exists('picture')) set output picture; else set output './front3.png'
set encoding utf8
set datafile separator "\t"
data = './front3.dat'
set border 3 lc rgb '#333333'
set tics nomirror out scale 0.6
set grid lc rgb '#cccccc' lw 0.5
set format '%g'
set offsets graph 0.06, graph 0.06, graph 0.08, graph 0.06
set multiplot layout 2,2 title 'resnet-toy: 22 points shown, 11 on the front, 3 infeasible, 11 without an objective'
set key outside right center vertical Left reverse samplen 1.5 spacing 1.2
set key off
set xlabel 'Energy [mJ]'
unset logscale x
set ylabel 'Latency [ms]'
unset logscale y
plot data index 1 using 1:2 with steps lc rgb '#555555' lw 1.5 notitle, \
     data index 0 using ($5 == 0 && $6 == 0 ? $2 : NaN):3 with points pt 6 ps 0.9 lc rgb '#0072b2' notitle, \
     data index 0 using ($5 == 1 && $6 == 0 ? $2 : NaN):3 with points pt 4 ps 0.9 lc rgb '#e69f00' notitle, \
     data index 0 using ($5 == 0 && $6 == 1 ? $2 : NaN):3 with points pt 7 ps 1.4 lc rgb '#0072b2' notitle, \
     data index 0 using ($5 == 1 && $6 == 1 ? $2 : NaN):3 with points pt 5 ps 1.4 lc rgb '#e69f00' notitle, \
     '+' every ::0::0 using (8.80266667):(36.389006) with points pt 6 ps 2.6 lw 1.5 lc rgb 'black' notitle
set xlabel 'Energy [mJ]'
unset logscale x
set ylabel 'Relative weight error'
unset logscale y
plot data index 2 using 1:2 with steps lc rgb '#555555' lw 1.5 notitle, \
     data index 0 using ($5 == 0 && $6 == 0 ? $2 : NaN):4 with points pt 6 ps 0.9 lc rgb '#0072b2' notitle, \
     data index 0 using ($5 == 1 && $6 == 0 ? $2 : NaN):4 with points pt 4 ps 0.9 lc rgb '#e69f00' notitle, \
     data index 0 using ($5 == 0 && $6 == 1 ? $2 : NaN):4 with points pt 7 ps 1.4 lc rgb '#0072b2' notitle, \
     data index 0 using ($5 == 1 && $6 == 1 ? $2 : NaN):4 with points pt 5 ps 1.4 lc rgb '#e69f00' notitle, \
     '+' every ::0::0 using (8.80266667):(0.25) with points pt 6 ps 2.6 lw 1.5 lc rgb 'black' notitle
set xlabel 'Relative weight error'
unset logscale x
set ylabel 'Latency [ms]'
unset logscale y
plot data index 3 using 1:2 with steps lc rgb '#555555' lw 1.5 notitle, \
     data index 0 using ($5 == 0 && $6 == 0 ? $4 : NaN):3 with points pt 6 ps 0.9 lc rgb '#0072b2' notitle, \
     data index 0 using ($5 == 1 && $6 == 0 ? $4 : NaN):3 with points pt 4 ps 0.9 lc rgb '#e69f00' notitle, \
     data index 0 using ($5 == 0 && $6 == 1 ? $4 : NaN):3 with points pt 7 ps 1.4 lc rgb '#0072b2' notitle, \
     data index 0 using ($5 == 1 && $6 == 1 ? $4 : NaN):3 with points pt 5 ps 1.4 lc rgb '#e69f00' notitle, \
     '+' every ::0::0 using (0.25):(36.389006) with points pt 6 ps 2.6 lw 1.5 lc rgb 'black' notitle
unset border
unset tics
unset grid
unset xlabel
unset ylabel
unset logscale
set key center center vertical Left reverse samplen 1.5 spacing 1.3
plot [0:1] [0:1] NaN notitle, \
     keyentry with points pt 7 ps 1.4 lc rgb '#0072b2' title 'smartdeal_n3_d0.4', \
     keyentry with points pt 5 ps 1.4 lc rgb '#e69f00' title 'smartdeal_n3_d0.2', \
     keyentry with points pt 6 ps 0.9 lc rgb '#555555' title 'dominated', \
     keyentry with lines lc rgb '#555555' lw 1.5 title 'front of the two axes', \
     keyentry with points pt 6 ps 2.6 lw 1.5 lc rgb 'black' title 'knee'
unset multiplot

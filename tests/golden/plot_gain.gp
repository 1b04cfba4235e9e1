# Written by sdse; draw again with: gnuplot <this file>
set terminal svg noenhanced size 700,850 font 'sans,12' linewidth 1 background rgb 'white'
if (exists('picture')) set output picture; else set output './w.svg'
set encoding utf8
set datafile separator "\t"
set datafile missing 'nan'
data = './w.dat'
set multiplot layout 3,1
set key title 'Gains over small'
set border 3 lc rgb '#333333'
set xtics nomirror scale 0
set ytics nomirror out scale 0.6
set grid ytics lc rgb '#cccccc' lw 0.5
set xrange [-0.6:1.6]
set yrange [0:*]
set offsets 0, 0, graph 0.15, 0
set style fill solid 1.0 noborder
set ylabel 'Energy: base / this'
set key above horizontal Left reverse maxrows 3
plot data using ($0-0.266667):2:(0.245333):xtic(1) with boxes lc rgb '#0072b2' title 'small', \
     data using ($0-0.266667):2:(sprintf('%.2g', $2)) with labels rotate left font ',9' offset 0,0.4 notitle, \
     data using ($0+0):3:(0.245333) with boxes lc rgb '#e69f00' title 'third GLB.capacity_kib=32', \
     data using ($0+0):3:(sprintf('%.2g', $3)) with labels rotate left font ',9' offset 0,0.4 notitle, \
     data using ($0+0.266667):4:(0.245333) with boxes lc rgb '#009e73' title 'big', \
     data using ($0+0.266667):4:(sprintf('%.2g', $4)) with labels rotate left font ',9' offset 0,0.4 notitle, \
     1 with lines lc rgb '#333333' lw 1 notitle
set ylabel 'Time: base / this'
set key off
plot data using ($0-0.266667):5:(0.245333):xtic(1) with boxes lc rgb '#0072b2' title 'small', \
     data using ($0-0.266667):5:(sprintf('%.2g', $5)) with labels rotate left font ',9' offset 0,0.4 notitle, \
     data using ($0+0):6:(0.245333) with boxes lc rgb '#e69f00' title 'third GLB.capacity_kib=32', \
     data using ($0+0):6:(sprintf('%.2g', $6)) with labels rotate left font ',9' offset 0,0.4 notitle, \
     data using ($0+0.266667):7:(0.245333) with boxes lc rgb '#009e73' title 'big', \
     data using ($0+0.266667):7:(sprintf('%.2g', $7)) with labels rotate left font ',9' offset 0,0.4 notitle, \
     1 with lines lc rgb '#333333' lw 1 notitle
set ylabel 'Outermost traffic: base / this'
set key off
plot data using ($0-0.266667):8:(0.245333):xtic(1) with boxes lc rgb '#0072b2' title 'small', \
     data using ($0-0.266667):8:(sprintf('%.2g', $8)) with labels rotate left font ',9' offset 0,0.4 notitle, \
     data using ($0+0):9:(0.245333) with boxes lc rgb '#e69f00' title 'third GLB.capacity_kib=32', \
     data using ($0+0):9:(sprintf('%.2g', $9)) with labels rotate left font ',9' offset 0,0.4 notitle, \
     data using ($0+0.266667):10:(0.245333) with boxes lc rgb '#009e73' title 'big', \
     data using ($0+0.266667):10:(sprintf('%.2g', $10)) with labels rotate left font ',9' offset 0,0.4 notitle, \
     1 with lines lc rgb '#333333' lw 1 notitle
unset multiplot

# Written by sdse; draw again with: gnuplot <this file>
set terminal pngcairo noenhanced size 1600,600 font 'sans,18' linewidth 2 pointscale 1.6
if (exists('picture')) set output picture; else set output './layers.png'
set encoding utf8
set datafile separator "\t"
data = './layers.dat'
set title 'Energy by layer: resnet-toy on eyeriss, raw GLB.capacity_kib=32'
set xlabel 'Energy [mJ]'
set border 3 lc rgb '#333333'
set xtics nomirror out scale 0.6
set ytics nomirror scale 0
set grid xtics lc rgb '#cccccc' lw 0.5
set format x '%g'
set xrange [0:*]
set yrange [3.7:-0.7]
set offsets 0, graph 0.08, 0, 0
set style fill solid 1.0 noborder
set key outside right center vertical Left reverse samplen 1.2 spacing 1.2
plot data using 2:0:2:3:($0-0.36):($0+0.36):ytic(1) with boxxyerror lc rgb '#0072b2' title 'DRAM', \
     data using 3:0:3:4:($0-0.36):($0+0.36) with boxxyerror lc rgb '#e69f00' title 'GLB', \
     data using 4:0:4:5:($0-0.36):($0+0.36) with boxxyerror lc rgb '#009e73' title 'spad', \
     data using 5:0:5:6:($0-0.36):($0+0.36) with boxxyerror lc rgb '#cc79a7' title 'network', \
     data using 6:0:6:7:($0-0.36):($0+0.36) with boxxyerror lc rgb '#56b4e9' title 'MAC', \
     data using 7:0:7:8:($0-0.36):($0+0.36) with boxxyerror lc rgb '#7f7f7f' title 'leakage', \
     data using 8:0:(sprintf('%.3g', $8)) with labels left offset 0.5,0 notitle

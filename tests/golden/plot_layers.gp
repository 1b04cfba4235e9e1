# Written by sdse; draw again with: gnuplot <this file>
$data << END_OF_DATA
# bar	ends of the parts, Energy [mJ], from 0:	DRAM	GLB	spad	network	MAC	leakage
"conv1"	0	0.190285714	0.2544	0.282685714	0.288785714	0.299785714	0.309885714
"conv2_x ×3"	0	2.7405	3.7107	4.1427	4.161	4.194	4.2243
"conv3_x ×4"	0	5.08114286	6.40365714	6.99405714	7.01845714	7.10645714	7.14685714
"fc"	0	0.414642857	0.520871429	0.568314286	0.574414286	0.618414286	0.628514286
END_OF_DATA
set terminal pngcairo noenhanced size 1445,504 font 'sans,18' linewidth 2 pointscale 1.6 background rgb '#ffffff'
if (exists('picture')) set output picture; else set output './'.'layers.png'
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
set label 9001 'Energy by layer: resnet-toy on eyeriss, raw GLB.capacity_kib=32' at screen 0.0277, screen 0.9444 left front textcolor rgb '#222222'
set object 9101 rectangle from screen 0.8526, screen 0.8214 to screen 0.8803, screen 0.8571 fc rgb '#171fce' fs solid noborder
set label 9101 'DRAM' at screen 0.8886, screen 0.8393 left textcolor rgb '#222222'
set object 9102 rectangle from screen 0.8526, screen 0.7540 to screen 0.8803, screen 0.7897 fc rgb '#a44a04' fs solid noborder
set label 9102 'GLB' at screen 0.8886, screen 0.7718 left textcolor rgb '#222222'
set object 9103 rectangle from screen 0.8526, screen 0.6865 to screen 0.8803, screen 0.7222 fc rgb '#7864ff' fs solid noborder
set label 9103 'spad' at screen 0.8886, screen 0.7044 left textcolor rgb '#222222'
set object 9104 rectangle from screen 0.8526, screen 0.6190 to screen 0.8803, screen 0.6548 fc rgb '#7f017b' fs solid noborder
set label 9104 'network' at screen 0.8886, screen 0.6369 left textcolor rgb '#222222'
set object 9105 rectangle from screen 0.8526, screen 0.5516 to screen 0.8803, screen 0.5873 fc rgb '#004164' fs solid noborder
set label 9105 'MAC' at screen 0.8886, screen 0.5694 left textcolor rgb '#222222'
set object 9106 rectangle from screen 0.8526, screen 0.4841 to screen 0.8803, screen 0.5198 fc rgb '#3a3a36' fs solid noborder
set label 9106 'leakage' at screen 0.8886, screen 0.5020 left textcolor rgb '#222222'
set key off
set lmargin at screen 0.1315
set rmargin at screen 0.8235
set tmargin at screen 0.8730
set bmargin at screen 0.2183
set xlabel 'Energy [mJ]'
set ytics scale 0
unset grid
set grid xtics
set xrange [0:*]
set offsets 0, graph 0.08, 0, 0
set yrange [3.7:-0.7]
set style fill solid 1.0 border rgb '#ffffff'
plot data using 2:0:2:3:($0-0.36):($0+0.36):ytic(1) with boxxyerror lw 0.5 fc rgb '#171fce' notitle, \
     data using 3:0:3:4:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#a44a04' notitle, \
     data using 4:0:4:5:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#7864ff' notitle, \
     data using 5:0:5:6:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#7f017b' notitle, \
     data using 6:0:6:7:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#004164' notitle, \
     data using 7:0:7:8:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#3a3a36' notitle, \
     data using 8:0:(sprintf('%.3g', $8)) with labels left offset 0.5,0 tc rgb '#222222' notitle

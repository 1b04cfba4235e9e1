# Written by sdse; draw again with: gnuplot <this file>
$data << END_OF_DATA
# bar	ends of the parts, Energy [mJ], from 0:	DRAM	GLB	spad	network	MAC	rebuild	leakage
"smartdeal_n3_d0.4 GLB.capacity_kib=32"	0	5.23221429	6.77724286	7.44362857	7.49852857	7.82852857	7.86812857	7.95902857
"smartdeal_n3_d0.2 GLB.capacity_kib=32"	0	5.85771429	7.65280952	8.42106667	8.47596667	8.80596667	8.84556667	8.93646667
"smartdeal_n3_d0.2 GLB.capacity_kib=64"	0	5.01139286	6.50550714	7.16675	7.22165	7.55165	7.59125	7.68215
"raw GLB.capacity_kib=128"	0	5.93807143	7.69744286	8.44508571	8.49998571	8.82998571	8.86958571	8.96048571
"smartdeal_n3_d0.4 GLB.capacity_kib=128"	0	6.38357143	8.36891429	9.24911429	9.30401429	9.63401429	9.67361429	9.76451429
"raw GLB.capacity_kib=256"	0	6.31928571	8.25214286	9.11022857	9.16512857	9.49512857	9.53472857	9.62562857
"smartdeal_n3_d0.4 GLB.capacity_kib=256"	0	5.82364286	7.53105238	8.28726667	8.34216667	8.67216667	8.71176667	8.80266667
"smartdeal_n3_d0.2 GLB.capacity_kib=256"	0	6.56678571	8.51535714	9.33397143	9.38887143	9.71887143	9.75847143	9.84937143
END_OF_DATA
set terminal pngcairo noenhanced size 1809,550 font 'sans,18' linewidth 2 pointscale 1.6 background rgb '#ffffff'
if (exists('picture')) set output picture; else set output './'.'energy.png'
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
set label 9001 'Energy by component: resnet-toy on smartexchange (the 8 of least energy of 11 points)' at screen 0.0221, screen 0.9491 left front textcolor rgb '#222222'
set object 9101 rectangle from screen 0.8823, screen 0.8364 to screen 0.9044, screen 0.8691 fc rgb '#171fce' fs solid noborder
set label 9101 'DRAM' at screen 0.9110, screen 0.8527 left textcolor rgb '#222222'
set object 9102 rectangle from screen 0.8823, screen 0.7745 to screen 0.9044, screen 0.8073 fc rgb '#a44a04' fs solid noborder
set label 9102 'GLB' at screen 0.9110, screen 0.7909 left textcolor rgb '#222222'
set object 9103 rectangle from screen 0.8823, screen 0.7127 to screen 0.9044, screen 0.7455 fc rgb '#7864ff' fs solid noborder
set label 9103 'spad' at screen 0.9110, screen 0.7291 left textcolor rgb '#222222'
set object 9104 rectangle from screen 0.8823, screen 0.6509 to screen 0.9044, screen 0.6836 fc rgb '#7f017b' fs solid noborder
set label 9104 'network' at screen 0.9110, screen 0.6673 left textcolor rgb '#222222'
set object 9105 rectangle from screen 0.8823, screen 0.5891 to screen 0.9044, screen 0.6218 fc rgb '#004164' fs solid noborder
set label 9105 'MAC' at screen 0.9110, screen 0.6055 left textcolor rgb '#222222'
set object 9106 rectangle from screen 0.8823, screen 0.5273 to screen 0.9044, screen 0.5600 fc rgb '#7a0002' fs solid noborder
set label 9106 'rebuild' at screen 0.9110, screen 0.5436 left textcolor rgb '#222222'
set object 9107 rectangle from screen 0.8823, screen 0.4655 to screen 0.9044, screen 0.4982 fc rgb '#3a3a36' fs solid noborder
set label 9107 'leakage' at screen 0.9110, screen 0.4818 left textcolor rgb '#222222'
set key off
set lmargin at screen 0.3062
set rmargin at screen 0.8590
set tmargin at screen 0.8836
set bmargin at screen 0.2000
set xlabel 'Energy [mJ]'
set ytics scale 0
unset grid
set grid xtics
set xrange [0:*]
set offsets 0, graph 0.08, 0, 0
set yrange [7.7:-0.7]
set style fill solid 1.0 border rgb '#ffffff'
plot data using 2:0:2:3:($0-0.36):($0+0.36):ytic(1) with boxxyerror lw 0.5 fc rgb '#171fce' notitle, \
     data using 3:0:3:4:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#a44a04' notitle, \
     data using 4:0:4:5:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#7864ff' notitle, \
     data using 5:0:5:6:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#7f017b' notitle, \
     data using 6:0:6:7:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#004164' notitle, \
     data using 7:0:7:8:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#7a0002' notitle, \
     data using 8:0:8:9:($0-0.36):($0+0.36) with boxxyerror lw 0.5 fc rgb '#3a3a36' notitle, \
     data using 9:0:(sprintf('%.3g', $9)) with labels left offset 0.5,0 tc rgb '#222222' notitle

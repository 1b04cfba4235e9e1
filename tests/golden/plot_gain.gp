# Written by sdse; draw again with: gnuplot <this file>
$data << END_OF_DATA
# network	gain in energy, then time, then outermost traffic, of:	small	third GLB.capacity_kib=32	big
"tiny"	1	1	1	1	1	1	1	1	1	0x1f357a	0xa16602	0x268d79
"part"	1	nan	nan	1	nan	nan	1	nan	nan	0x1f357a	0xa16602	0x268d79
END_OF_DATA
set terminal svg noenhanced size 777,797 font 'sans,12' linewidth 1 background rgb '#ffffff'
if (exists('picture')) set output picture; else set output './'.'w.svg'
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
set label 9001 'Gains over small' at screen 0.0257, screen 0.9824 left front textcolor rgb '#222222'
set object 9101 rectangle from screen 0.7124, screen 0.9435 to screen 0.7381, screen 0.9548 fc rgb '#1f357a' fs solid noborder
set label 9101 'small' at screen 0.7458, screen 0.9492 left textcolor rgb '#222222'
set object 9102 rectangle from screen 0.7124, screen 0.9222 to screen 0.7381, screen 0.9335 fc rgb '#a16602' fs solid noborder
set label 9102 'third GLB.capacity_kib=32' at screen 0.7458, screen 0.9279 left textcolor rgb '#222222'
set object 9103 rectangle from screen 0.7124, screen 0.9009 to screen 0.7381, screen 0.9122 fc rgb '#268d79' fs solid noborder
set label 9103 'big' at screen 0.7458, screen 0.9065 left textcolor rgb '#222222'
set key off
set multiplot
set datafile missing 'nan'
unset grid
set grid ytics
set xrange [-0.6:1.6]
set yrange [0:*]
set offsets 0, 0, graph 0.15, 0
set style fill solid 1.0 noborder
set xtics scale 0 ('tiny' 0, 'part' 1)
set lmargin at screen 0.1062
set rmargin at screen 0.6853
set tmargin at screen 0.9598
set bmargin at screen 0.7089
set ylabel 'Energy: base / this'
plot data using ($0-0.266667):2:(0.245333):11 with boxes lc rgb variable notitle, \
     data using ($0-0.266667):($2 < 1 ? 1 : $2):(sprintf($2 < 99.5 ? '%.2g' : '%.0f', $2)) with labels rotate left font ',13' offset 0,0.4 tc rgb '#222222' notitle, \
     data using ($0+0):3:(0.245333):12 with boxes lc rgb variable notitle, \
     data using ($0+0):($3 < 1 ? 1 : $3):(sprintf($3 < 99.5 ? '%.2g' : '%.0f', $3)) with labels rotate left font ',13' offset 0,0.4 tc rgb '#222222' notitle, \
     data using ($0+0.266667):4:(0.245333):13 with boxes lc rgb variable notitle, \
     data using ($0+0.266667):($4 < 1 ? 1 : $4):(sprintf($4 < 99.5 ? '%.2g' : '%.0f', $4)) with labels rotate left font ',13' offset 0,0.4 tc rgb '#222222' notitle, \
     1 with lines lc rgb '#333333' lw 1 notitle
set lmargin at screen 0.1062
set rmargin at screen 0.6853
set tmargin at screen 0.6399
set bmargin at screen 0.3890
unset label 9001
unset label 9101
unset object 9101
unset label 9102
unset object 9102
unset label 9103
unset object 9103
set ylabel 'Time: base / this'
plot data using ($0-0.266667):5:(0.245333):11 with boxes lc rgb variable notitle, \
     data using ($0-0.266667):($5 < 1 ? 1 : $5):(sprintf($5 < 99.5 ? '%.2g' : '%.0f', $5)) with labels rotate left font ',13' offset 0,0.4 tc rgb '#222222' notitle, \
     data using ($0+0):6:(0.245333):12 with boxes lc rgb variable notitle, \
     data using ($0+0):($6 < 1 ? 1 : $6):(sprintf($6 < 99.5 ? '%.2g' : '%.0f', $6)) with labels rotate left font ',13' offset 0,0.4 tc rgb '#222222' notitle, \
     data using ($0+0.266667):7:(0.245333):13 with boxes lc rgb variable notitle, \
     data using ($0+0.266667):($7 < 1 ? 1 : $7):(sprintf($7 < 99.5 ? '%.2g' : '%.0f', $7)) with labels rotate left font ',13' offset 0,0.4 tc rgb '#222222' notitle, \
     1 with lines lc rgb '#333333' lw 1 notitle
set lmargin at screen 0.1062
set rmargin at screen 0.6853
set tmargin at screen 0.3199
set bmargin at screen 0.0690
set ylabel 'Outermost traffic: base / this'
plot data using ($0-0.266667):8:(0.245333):11 with boxes lc rgb variable notitle, \
     data using ($0-0.266667):($8 < 1 ? 1 : $8):(sprintf($8 < 99.5 ? '%.2g' : '%.0f', $8)) with labels rotate left font ',13' offset 0,0.4 tc rgb '#222222' notitle, \
     data using ($0+0):9:(0.245333):12 with boxes lc rgb variable notitle, \
     data using ($0+0):($9 < 1 ? 1 : $9):(sprintf($9 < 99.5 ? '%.2g' : '%.0f', $9)) with labels rotate left font ',13' offset 0,0.4 tc rgb '#222222' notitle, \
     data using ($0+0.266667):10:(0.245333):13 with boxes lc rgb variable notitle, \
     data using ($0+0.266667):($10 < 1 ? 1 : $10):(sprintf($10 < 99.5 ? '%.2g' : '%.0f', $10)) with labels rotate left font ',13' offset 0,0.4 tc rgb '#222222' notitle, \
     1 with lines lc rgb '#333333' lw 1 notitle
unset multiplot

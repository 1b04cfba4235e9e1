num_pes: 16
l1_size_cstr: 1024
l2_size_cstr: 16384

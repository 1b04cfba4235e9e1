Network n {
  Layer a { Type: CONV Dimensions { K: 8, C: 4, R: 3, S: 3, Y: 8, X: 8 }
    Dataflow { SpatialMap(1,1) K; TemporalMap(Sz(R),1) Y; Cluster(4, P); SpatialMap(1,1) C; } }
  Layer b { Type: GEMM Dimensions { K: 8, M: 4, N: 4 } Dataflow { SpatialMap(1,1) M; } }
}

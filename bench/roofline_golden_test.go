package bench

// What the made-up machine and points look like in a terminal.
const (
	machineText = `
processor   Made Up 3000, 2 cores
kernels     avx2 go; measured with avx2

                                       1 worker  2 workers
multiply-adds                 GFLOP/s       100        200
L1             32 KiB  read   GB/s          400        800
L1             32 KiB  copy   GB/s          300        600
L1             32 KiB  triad  GB/s          200        400
L2              1 MiB  read   GB/s          100        200
L2              1 MiB  copy   GB/s         90.0        180
L2              1 MiB  triad  GB/s         80.0        160
L3             16 MiB  read   GB/s         40.0       80.0
L3             16 MiB  copy   GB/s         50.0        100
L3             16 MiB  triad  GB/s         30.0       60.0
DRAM                   read   GB/s         20.0       20.0
DRAM                   copy   GB/s         18.0       18.0
DRAM                   triad  GB/s         16.0       16.0

sizes of caches are usual ones, the system does not tell:
  no such folder
`
	tableText = `
layer       pass     FLOP/B        time  GFLOP/s  real  of peak  roof  by    of roof
d3_16_b1    forward    25.8   0.0108 ms      109   100     50 %   200  FMA      50 %
d3_16_b1    data       25.8  0.00433 ms      272   250    125 %   200  FMA     125 %
d3_16_b1    weights    21.2   0.0135 ms     87.1  80.0     40 %   200  FMA      40 %
dw3_96_b64  forward    2.16     3.15 ms     36.0  34.5     17 %  43.1  DRAM     80 %
dw3_96_b64  data       2.16     4.19 ms     27.0  25.9     13 %  43.1  DRAM     60 %
dw3_96_b64  weights    2.16     25.2 ms     4.50  4.31      2 %  43.1  DRAM     10 %

GFLOP/s count padding as pixels, as the usual tables do; real ones leave it out
and are what meets the roof: the lower of peak and FLOP/B times the bandwidth of
the nearest memory that holds all operands. More than 100 % is an algorithm that
multiplies less than is counted (Winograd), or a machine that was busier when
its limits were measured.

class, geometric means  pass     layers  GFLOP/s  of peak  of roof
dense                   forward       1      109     50 %     50 %
dense                   data          1      272    125 %    125 %
dense                   weights       1     87.1     40 %     40 %
depthwise               forward       1     36.0     17 %     80 %
depthwise               data          1     27.0     13 %     60 %
depthwise               weights       1     4.50      2 %     10 %
`
	plotText = `
GFLOP/s |
    200 |                  ----------------------------------------o-
        |               ///         ///   ///           //
        |            ///         ///   ///           ///
    100 |          //          //    //           ///            o o
        |       ///         ///   ///           //
     50 |    ///         ///   ///           ///
        |  //          //    //           ///x
        |//         ///   ///           //   x
     20 | L1     ///   ///           ///
        |      //    //           ///
     10 |   ///   ///           //
        |///   ///           ///
      5 |    //           ///
        |/L2/L3        /// DRAM              x
        +------------------------------------------------------------
       1/32 1/16   1/8    1/4  1/2     1     2     4    8     16   32
                             operations per byte
         o dense  x depthwise
         multiply-adds 200 GFLOP/s, L1 800 GB/s, L2 200 GB/s, L3 100 GB/s, DRAM 20.0 GB/s
`
)

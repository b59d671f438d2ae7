#pragma once

/// ESDIRK method of order 4 with an error estimate of order 3: stage 1 explicit, five implicit
/// stages of one weight gamma = 1/4, L-stable, stiffly accurate, stage order 2.
/// source Kennedy & Carpenter, Appl. Numer. Math. 44 (2003) 139, ARK4(3)6L[2]SA-ESDIRK
namespace gadolin::separation::esdirk {

inline constexpr int stages = 6;
inline constexpr double gamma = 0.25;
inline constexpr double c[stages] = {0.0, 0.5, 83.0 / 250.0, 31.0 / 50.0, 17.0 / 20.0, 1.0};
inline constexpr double b[stages] = {82889.0 / 524892.0, 0.0, 15625.0 / 83664.0, 69875.0 / 102672.0,
                                     -2260.0 / 8211.0,   0.25};
inline constexpr double a[stages][stages] = {
    {},
    {0.25, 0.25},
    {8611.0 / 62500.0, -1743.0 / 31250.0, 0.25},
    {5012029.0 / 34652500.0, -654441.0 / 2922500.0, 174375.0 / 388108.0, 0.25},
    {15267082809.0 / 155376265600.0, -71443401.0 / 120774400.0, 730878875.0 / 902184768.0,
     2285395.0 / 8070912.0, 0.25},
    {82889.0 / 524892.0, 0.0, 15625.0 / 83664.0, 69875.0 / 102672.0, -2260.0 / 8211.0, 0.25}};
/// Weights of order 3.
inline constexpr double lower[stages] = {4586570599.0 / 29645900160.0, 0.0,
                                         178811875.0 / 945068544.0,    814220225.0 / 1159782912.0,
                                         -3700637.0 / 11593932.0,      61727.0 / 225920.0};

}  // namespace gadolin::separation::esdirk

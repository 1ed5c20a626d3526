// Units as benchmark tools write them, and numbers as people print them.
#pragma once

#include <optional>
#include <string_view>

#include "core/model/metric.h"

namespace melisai::formats {

struct Unit {
  double factor = 1;                ///< value times this is in the canonical unit
  std::string_view canonical;       ///< ns, B, count, 1/s, B/s, ratio
  Better better = Better::unknown;  ///< as far as the unit alone says: times and sizes lower, rates
                                    ///< higher
};

/// "us", "µs" (both micro signs), "ms/op", "s/iter", "ns per op", "MB/s", "MiB/s", "Mbits/s",
/// "KiB", "ops/s", "ops/ms", "Melem/s", "%", "allocs/op", "cycles" ... A number in front of the
/// unit scales it ("1000 ns"). Case matters. Powers: k M G are 1000, Ki Mi Gi and a bare K 1024.
std::optional<Unit> unit_from(std::string_view text);

/// All of `text` but blanks around it: "12.5", "1e-9", "+3", "inf", "NaN". Nothing else, and
/// nothing for what is too large for a double; what is too small is 0.
std::optional<double> number_from(std::string_view text);

/// As people print numbers: also "1,234,567.8", "1.234.567,8", "1 234", "12,5", "1_000". One comma
/// followed by exactly three digits ("1,234") is taken for thousands only when `commas_group` says
/// so; one dot never is.
std::optional<double> loose_number_from(std::string_view text, bool commas_group);

struct Quantity {
  double value = 0;  ///< canonical
  Unit unit;
};

/// "205.95 ns", "1.5µs", "1,234.5 ms", "1 234,5 ms", "12MiB/s", "1.000G ops/s": a number, whose one
/// comma before three digits groups, and its unit.
std::optional<Quantity> quantity_from(std::string_view text);

}  // namespace melisai::formats

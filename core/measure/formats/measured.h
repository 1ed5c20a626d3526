// Values of which a file tells the unit and nothing else; benchmarks of one name told apart.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {

struct Measured {
  Metric metric;
  double factor = 1;  ///< value times this is in the metric's unit
};

/// Whether a file that begins so is JSON: '{', or a list of them. Lines of text may start with '['.
bool begins_as_json(std::string_view head);

/// What the main value of a benchmark is, judging by its unit: a time, a rate, a size, or a number
/// that is only shown. `better` is what the file itself says; the unit decides where it does not.
Measured measured_in(std::string_view unit, Better better = Better::unknown);

/// A metric of this name whose unit is known; judged like a time where its direction is known.
Metric judged(std::string_view name, const Unit& unit, Better better);

/// What a tool says of how many values a figure stands for; 1 when that is no count.
std::uint64_t count_of(std::optional<double> count);

/// Tools may run a benchmark of one name in several ways (jobs, environments, drivers). The way
/// that comes first keeps the bare name, so that it is the same when there is no other.
class Variants {
 public:
  /// `name`, or "NAME [WAY]" when another way was the first to use it.
  std::string name_of(std::string_view name, std::string_view way);

 private:
  std::map<std::string, std::string, std::less<>> first_;
};

/// Counts what has come under each name: the second "sort" is "sort#2".
class Repeated {
 public:
  std::string name_of(std::string_view name);

 private:
  std::map<std::string, std::size_t, std::less<>> seen_;
};

}  // namespace melisai::formats

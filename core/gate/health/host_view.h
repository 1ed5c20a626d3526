// Looking into the data of all collectors of a host: nothing for what nobody read. Private to
// core/gate/health.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/model/host_report.h"

namespace melisai::gate {

/// A number, and of which device, interface or node it is the worst; "" when of the whole host.
struct Reading {
  double value = 0;
  std::string of;
};

class HostView {
 public:
  explicit HostView(const HostCategories& categories) : categories_(categories) {}

  HostData data(std::string_view collector) const;  ///< {} when it said nothing
  std::optional<double> number(std::string_view collector, std::string_view path) const;
  /// The largest of the reading at the end of the window at `path` and of those within it, which
  /// are called `sampled`: what a program held may be gone when the window ends.
  std::optional<double> largest(std::string_view collector, std::string_view path,
                                std::string_view sampled) const;
  std::optional<double> smallest(std::string_view collector, std::string_view path,
                                 std::string_view sampled) const;
  /// Largest `field` of the objects in `list`; `name` is the field with an object's name.
  struct Field {
    std::string_view list, field, name;
  };
  std::optional<Reading> worst(std::string_view collector, const Field& where) const;
  /// Largest p99 of the tool's histograms in milliseconds: those of the collector `name`, and those
  /// called `name`, with `suffix` behind. Histograms of another unit than a time are left out, and
  /// those that saw nothing.
  std::optional<Reading> p99_ms(std::string_view name, std::string_view suffix = {}) const;
  /// Length of a collector's window, at least 1 s; nothing when it has no times.
  std::optional<double> window_seconds(std::string_view collector) const;

 private:
  const HostResult* result(std::string_view collector) const;

  const HostCategories& categories_;  // outlives the view
};

/// 100 * part / whole; nothing unless both are known and the whole is above 0.
std::optional<double> percentage(const std::optional<double>& part,
                                 const std::optional<double>& whole);
/// Milliseconds in one of `unit`; nothing when it is no time.
std::optional<double> milliseconds_in(std::string_view unit);

}  // namespace melisai::gate

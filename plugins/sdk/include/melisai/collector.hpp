// collector.hpp: write a collector plugin for melisai-gate as a class. C++20; C++17 will do.
//
// The class has two constants, kInfo and kMetrics, a constructor, start() and stop(); unavailable()
// and sample() are optional. One that says more than numbers has kParts, beside kMetrics or
// instead. MELISAI_COLLECTOR(Class) in one .cpp makes the plugin of it. Whatever the class throws
// is caught here, logged as an error and fails that one call. The worker calls from one thread
// only, so a collector needs no locks. A full example: plugins/template.
#pragma once

#include <melisai/collector.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace melisai {

enum class BetterWhen : std::int32_t {
  lower = MELISAI_BETTER_LOWER,
  higher = MELISAI_BETTER_HIGHER,
  unknown = MELISAI_BETTER_UNKNOWN
};

/// One number that a collector can yield; melisai_metric in collector.h explains the fields.
struct MetricInfo {
  std::string_view name;
  std::string_view unit = "count";  ///< ns, B, count, 1/s, B/s or ratio
  BetterWhen better = BetterWhen::lower;
  int tier = 4;  ///< 1 exact count, 2 near exact, 3 time, 4 explains only
  std::string_view help = {};
  std::string_view source = {};
  std::string_view privilege = {};  ///< what it needs beyond an ordinary user, "" for nothing
};

/// One thing that a collector sees and tells as a JSON object; melisai_part in collector.h.
struct PartInfo {
  std::string_view name;
  std::string_view category;  ///< cpu memory disk network process system container stacktrace
  int tier = 1;               ///< 1 procfs, 2 another program, 3 native eBPF
};

struct CollectorInfo {
  std::string_view name;
  std::string_view version = "1.0.0";
  std::string_view capabilities = {};    ///< "CAP_SYS_PTRACE CAP_BPF"; "" is the normal case
  bool watches = false;                  ///< a window costs well below a millisecond at both ends
  std::uint32_t sample_interval_ms = 0;  ///< how often sample() is wanted, 1 to 60000; 0: never
};

/// What one window observes; melisai_target in collector.h says what may be read when.
struct Target {
  std::int64_t root_pid = 0;     ///< root of the observed process tree; 0: the whole host
  std::string_view cgroup = {};  ///< the directory of its own cgroup; "" without one
  std::string_view parts = {};   ///< names of the wanted ones of kParts, a space between two

  /// Is this one of kParts wanted in the window? What the others say is dropped.
  bool wants(std::string_view part) const {
    for (std::string_view rest = parts; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      if (rest.substr(0, end) == part) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
  }
};

/// The way to the log of the run. Cheap to copy; valid as long as the collector lives.
class Host {
 public:
  explicit Host(const melisai_host* host) : host_(host) {}
  void debug(std::string_view text) const noexcept { log(MELISAI_LOG_DEBUG, text); }
  void info(std::string_view text) const noexcept { log(MELISAI_LOG_INFO, text); }
  void warning(std::string_view text) const noexcept { log(MELISAI_LOG_WARNING, text); }
  void error(std::string_view text) const noexcept { log(MELISAI_LOG_ERROR, text); }

 private:
  void log(std::int32_t level, std::string_view text) const noexcept {
    host_->log(host_->context, level, melisai_str{text.data(), text.size()});
  }
  const melisai_host* host_;
};

/// Takes the numbers and results of a window; given to stop() and of no use after it.
class Emitter {
 public:
  explicit Emitter(const melisai_host* host) : host_(host) {}
  /// `metric` is one of kMetrics and `value` finite; anything else is dropped and logged.
  void emit(std::string_view metric, double value) noexcept {
    host_->emit(host_->context, melisai_str{metric.data(), metric.size()}, value);
  }
  /// `part` is one of kParts, `json` an object as melisai_host::result explains it; anything else
  /// is dropped and logged.
  void result(std::string_view part, std::string_view json) noexcept {
    host_->result(host_->context, melisai_str{part.data(), part.size()},
                  melisai_str{json.data(), json.size()});
  }

 private:
  const melisai_host* host_;
};

namespace detail {

template <template <class> class Expression, class T, class = void>
struct Detected : std::false_type {};
template <template <class> class Expression, class T>
struct Detected<Expression, T, std::void_t<Expression<T>>> : std::true_type {};
template <template <class> class Expression, class T>
inline constexpr bool kHas = Detected<Expression, T>::value;

template <class T>
using InfoOf = decltype(CollectorInfo(T::kInfo));
template <class T>
using MetricsOf = decltype(MetricInfo(*std::begin(T::kMetrics)));
template <class T>
using PartsOf = decltype(PartInfo(*std::begin(T::kParts)));
template <class T>
using StartOf = decltype(std::declval<T&>().start(std::declval<const Target&>()));
template <class T>
using StopOf = decltype(std::declval<T&>().stop(std::declval<Emitter&>()));
template <class T>
using SampleOf = decltype(std::declval<T&>().sample());
template <class T>
using UnavailableOf = decltype(std::string(T::unavailable()));
template <class T>
using UnavailableName = decltype(&T::unavailable);
template <class T>
using PartUnavailableOf = decltype(std::string(T::part_unavailable(std::string_view())));
template <class T>
using PartUnavailableName = decltype(&T::part_unavailable);

constexpr melisai_str to_c(std::string_view text) { return {text.data(), text.size()}; }

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 64 || !is_letter(text[0])) return false;
  for (const char c : text)
    if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '.' && c != '-') return false;
  return true;
}

constexpr bool is_unit(std::string_view unit) {
  return unit == "ns" || unit == "B" || unit == "count" || unit == "1/s" || unit == "B/s" ||
         unit == "ratio";
}

/// What T declares; nothing where it declares none.
template <class T>
constexpr auto metrics_of() {
  if constexpr (kHas<MetricsOf, T>) {
    std::array<MetricInfo, std::size(T::kMetrics)> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = T::kMetrics[i];
    return table;
  } else {
    return std::array<MetricInfo, 0>{};
  }
}
template <class T>
constexpr auto parts_of() {
  if constexpr (kHas<PartsOf, T>) {
    std::array<PartInfo, std::size(T::kParts)> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = T::kParts[i];
    return table;
  } else {
    return std::array<PartInfo, 0>{};
  }
}

template <class Table>
constexpr bool names_are_fine(const Table& table) {
  for (const auto& entry : table)
    if (!is_name(entry.name)) return false;
  return true;
}

template <class Table>
constexpr bool names_differ(const Table& table) {
  for (std::size_t i = 0; i < table.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (table[i].name == table[j].name) return false;
  return true;
}

template <class T>
constexpr bool parts_are_fine() {
  for (const PartInfo& part : parts_of<T>())
    if (!is_name(part.category) || part.tier < 1 || part.tier > 3) return false;
  return true;
}

template <class T>
constexpr bool units_are_fine() {
  for (const MetricInfo& metric : metrics_of<T>())
    if (!is_unit(metric.unit)) return false;
  return true;
}

template <class T>
constexpr bool tiers_are_fine() {
  for (const MetricInfo& metric : metrics_of<T>())
    if (metric.tier < 1 || metric.tier > 4) return false;
  return true;
}

template <class T>
constexpr auto c_metrics() {
  constexpr auto kDeclared = metrics_of<T>();
  std::array<melisai_metric, kDeclared.size()> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const MetricInfo& metric = kDeclared[i];
    table[i] = {to_c(metric.name),     to_c(metric.unit), static_cast<std::int32_t>(metric.better),
                metric.tier,           to_c(metric.help), to_c(metric.source),
                to_c(metric.privilege)};
  }
  return table;
}

template <class T>
constexpr auto c_parts() {
  constexpr auto kDeclared = parts_of<T>();
  std::array<melisai_part, kDeclared.size()> table{};
  for (std::size_t i = 0; i < table.size(); ++i)
    table[i] = {to_c(kDeclared[i].name), to_c(kDeclared[i].category), kDeclared[i].tier};
  return table;
}

/// Runs `work`; 0, or 1 after the exception's text was logged.
template <class Work>
std::int32_t guarded(const melisai_host* host, const char* where, Work work) noexcept {
  try {
    work();
    return 0;
  } catch (const std::bad_alloc&) {
    Host(host).error("out of memory: the collector has used up what its worker may have");
  } catch (const std::exception& exception) {
    Host(host).error(exception.what());
  } catch (...) {
    Host(host).error(where);
  }
  return 1;
}

/// The C functions of one collector class.
template <class T>
struct Plugin {
  struct Instance {
    explicit Instance(const melisai_host* the_host) : host(the_host) {}
    const melisai_host* host;
    std::unique_ptr<T> collector;
    bool sample_failed = false;
  };
  static Instance& of(void* self) { return *static_cast<Instance*>(self); }

  static std::int32_t available(const melisai_host* host) noexcept {
    std::int32_t lacking = 0;
    const std::int32_t failed =
        guarded(host, "unavailable() threw something that is no std::exception", [&] {
          if constexpr (kHas<UnavailableOf, T>) {
            const std::string reason(T::unavailable());
            if (!reason.empty()) Host(host).error(reason);
            lacking = reason.empty() ? 0 : 1;
          }
        });
    return failed != 0 ? failed : lacking;
  }
  static std::int32_t part_available(const melisai_host* host, melisai_str part) noexcept {
    std::int32_t lacking = 0;
    const std::int32_t failed =
        guarded(host, "part_unavailable() threw something that is no std::exception", [&] {
          if constexpr (kHas<PartUnavailableOf, T>) {
            const std::string reason(T::part_unavailable(std::string_view(part.data, part.size)));
            if (!reason.empty()) Host(host).error(reason);
            lacking = reason.empty() ? 0 : 1;
          }
        });
    return failed != 0 ? failed : lacking;
  }
  static void* create(const melisai_host* host, melisai_str config) noexcept {
    void* self = nullptr;
    guarded(host, "the constructor threw something that is no std::exception", [&] {
      auto instance = std::make_unique<Instance>(host);
      if constexpr (std::is_constructible_v<T, Host, std::string_view>)
        instance->collector =
            std::make_unique<T>(Host(host), std::string_view(config.data, config.size));
      else
        instance->collector = std::make_unique<T>();
      self = instance.release();
    });
    return self;
  }
  static void destroy(void* self) noexcept { std::unique_ptr<Instance>(&of(self)).reset(); }

  static std::int32_t start(void* self, const melisai_target* target) noexcept {
    of(self).sample_failed = false;
    return guarded(of(self).host, "start() threw something that is no std::exception", [&] {
      of(self).collector->start(Target{target->root_pid,
                                       std::string_view(target->cgroup.data, target->cgroup.size),
                                       std::string_view(target->parts.data, target->parts.size)});
    });
  }
  static std::int32_t stop(void* self) noexcept {
    return guarded(of(self).host, "stop() threw something that is no std::exception", [&] {
      Emitter emitter(of(self).host);
      of(self).collector->stop(emitter);
    });
  }
  // The first failure of a window is logged; the others would only repeat it many times a second.
  static void sample(void* self) noexcept {
    if constexpr (kHas<SampleOf, T>) {
      if (of(self).sample_failed) return;
      of(self).sample_failed =
          guarded(of(self).host, "sample() threw something that is no std::exception",
                  [&] { of(self).collector->sample(); }) != 0;
    }
  }

  static constexpr auto kMetricTable = c_metrics<T>();
  static constexpr auto kPartTable = c_parts<T>();
};

template <class T>
constexpr melisai_collector describe() {
  static_assert(kHas<InfoOf, T>,
                "a collector needs: static constexpr melisai::CollectorInfo kInfo{...};");
  static_assert(kHas<MetricsOf, T> || kHas<PartsOf, T>,
                "a collector needs: static constexpr melisai::MetricInfo kMetrics[] = {...};");
  static_assert(kHas<StartOf, T>, "a collector needs: void start(const melisai::Target& target);");
  static_assert(kHas<StopOf, T>, "a collector needs: void stop(melisai::Emitter& emitter);");
  static_assert(
      std::is_constructible_v<T, Host, std::string_view> || std::is_default_constructible_v<T>,
      "a collector is made by (melisai::Host host, std::string_view config_json) or by ()");
  static_assert(kHas<UnavailableOf, T> || !kHas<UnavailableName, T>,
                "write it as: static std::string unavailable(); it gives \"\" or the reason");
  static_assert(kHas<PartUnavailableOf, T> || !kHas<PartUnavailableName, T>,
                "write it as: static std::string part_unavailable(std::string_view part);");
  static_assert(is_name(T::kInfo.name), "kInfo.name: a letter, then letters, digits and _ . -");
  static_assert(!T::kInfo.version.empty() && T::kInfo.version.size() <= 64,
                "kInfo.version: 1 to 64 characters, \"1.0.0\"");
  static_assert(metrics_of<T>().size() <= 1000, "kMetrics: at most 1000 entries");
  static_assert(names_are_fine(metrics_of<T>()),
                "kMetrics: a name is a letter, then letters, digits and _ . -, at most 64");
  static_assert(names_differ(metrics_of<T>()), "kMetrics: two entries have the same name");
  static_assert(units_are_fine<T>(), "kMetrics: a unit is ns, B, count, 1/s, B/s or ratio");
  static_assert(tiers_are_fine<T>(), "kMetrics: a tier is 1, 2, 3 or 4");
  static_assert(parts_of<T>().size() <= 100, "kParts: at most 100 entries");
  static_assert(names_are_fine(parts_of<T>()),
                "kParts: a name is a letter, then letters, digits and _ . -, at most 64");
  static_assert(names_differ(parts_of<T>()), "kParts: two entries have the same name");
  static_assert(parts_are_fine<T>(),
                "kParts: a category is a name such as cpu or network, a tier is 1, 2 or 3");
  static_assert(T::kInfo.sample_interval_ms <= 60000, "kInfo.sample_interval_ms: at most 60000");
  static_assert(!T::kInfo.watches || T::kInfo.sample_interval_ms == 0,
                "kInfo.watches with a sample_interval_ms: nothing may run beside timed pairs");
  static_assert(kHas<SampleOf, T> || T::kInfo.sample_interval_ms == 0,
                "kInfo.sample_interval_ms is set, but there is no: void sample();");
  static_assert(!kHas<SampleOf, T> || T::kInfo.sample_interval_ms != 0,
                "there is a sample(), but kInfo.sample_interval_ms is 0, so nobody would call it");

  melisai_collector collector{};
  collector.struct_size = sizeof collector;
  collector.abi_minor = MELISAI_ABI_MINOR;
  collector.name = to_c(T::kInfo.name);
  collector.version = to_c(T::kInfo.version);
  collector.metrics = Plugin<T>::kMetricTable.data();
  collector.metric_size = sizeof(melisai_metric);
  collector.metric_count = static_cast<std::uint32_t>(Plugin<T>::kMetricTable.size());
  collector.parts = Plugin<T>::kPartTable.data();
  collector.part_size = sizeof(melisai_part);
  collector.part_count = static_cast<std::uint32_t>(Plugin<T>::kPartTable.size());
  collector.capabilities = to_c(T::kInfo.capabilities);
  collector.watches = T::kInfo.watches ? 1 : 0;
  collector.sample_interval_ms = T::kInfo.sample_interval_ms;
  if (kHas<UnavailableOf, T>) collector.available = &Plugin<T>::available;
  collector.create = &Plugin<T>::create;
  collector.destroy = &Plugin<T>::destroy;
  collector.start = &Plugin<T>::start;
  collector.stop = &Plugin<T>::stop;
  if (kHas<SampleOf, T>) collector.sample = &Plugin<T>::sample;
  if (kHas<PartUnavailableOf, T>) collector.part_available = &Plugin<T>::part_available;
  return collector;
}

}  // namespace detail
}  // namespace melisai

/// Once per plugin, in a .cpp, outside of namespaces. A constant: loading the plugin runs no code.
#define MELISAI_COLLECTOR(Class) \
  constexpr melisai_collector melisai_collector_v1 = ::melisai::detail::describe<Class>();

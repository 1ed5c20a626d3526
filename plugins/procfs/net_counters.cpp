#include "plugins/procfs/net_counters.h"

#include <algorithm>
#include <charconv>

#include "plugins/common/proc.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kInterfaceNameMax = 15;  // IFNAMSIZ less its zero

// Calls `use` with each line, without its end.
template <class Use>
void for_each_line(std::string_view text, const Use& use) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    use(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
}

std::optional<std::int64_t> to_count_of_hex(std::string_view word) {
  std::uint32_t count = 0;  // what the kernel prints here has 32 bits
  const auto [end, error] = std::from_chars(word.begin(), word.end(), count, 16);
  if (word.empty() || error != std::errc() || end != word.end()) return std::nullopt;
  return count;
}

bool is_interface_name(std::string_view name) {
  return !name.empty() && name.size() <= kInterfaceNameMax && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; }) &&
         name.find('/') == std::string_view::npos;
}

// "rx bytes packets errs drop fifo frame compressed multicast, tx bytes packets errs drop ..."
bool parse_traffic(const std::vector<std::string_view>& fields, std::size_t first, Traffic& into) {
  std::int64_t* const numbers[] = {&into.bytes, &into.packets, &into.errors, &into.dropped};
  for (std::size_t i = 0; i < std::size(numbers); ++i) {
    const auto count = to_count(fields[first + i]);
    if (!count) return false;
    *numbers[i] = *count;
  }
  return true;
}

}  // namespace

std::optional<std::int64_t> value_of(const NamedCounters& counters, std::string_view name) {
  const auto found = counters.find(name);
  if (found == counters.end()) return std::nullopt;
  return found->second;
}

std::optional<std::int64_t> growth_of(const NamedCounters& before, const NamedCounters& after,
                                      std::string_view name) {
  const auto first = value_of(before, name);
  const auto last = value_of(after, name);
  if (!first || !last) return std::nullopt;
  return growth(*first, *last);
}

std::vector<InterfaceCounters> parse_net_dev(std::string_view text) {
  constexpr std::size_t kTx = 8;
  constexpr std::size_t kColumns = 16;
  std::vector<InterfaceCounters> interfaces;
  for_each_line(text, [&](std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const auto names = words(line.substr(0, colon));
    const auto fields = words(line.substr(colon + 1));
    if (names.size() != 1 || !is_interface_name(names[0]) || fields.size() < kColumns) return;
    InterfaceCounters counters{.name = std::string(names[0]), .rx = {}, .tx = {}};
    if (parse_traffic(fields, 0, counters.rx) && parse_traffic(fields, kTx, counters.tx))
      interfaces.push_back(std::move(counters));
  });
  return interfaces;
}

NamedCounters parse_name_lines(std::string_view text) {
  NamedCounters counters;
  std::vector<std::string_view> names;
  for_each_line(text, [&](std::string_view line) {
    auto fields = words(line);
    if (names.empty() || fields.empty() || fields[0] != names[0]) {
      names = std::move(fields);
      return;
    }
    for (std::size_t i = 1; i < std::min(names.size(), fields.size()); ++i)
      if (const auto count = to_count(fields[i]))
        counters[std::string(names[0]).append(names[i])] = *count;
    names.clear();
  });
  return counters;
}

NamedCounters parse_sockstat(std::string_view text) {
  NamedCounters counters;
  for_each_line(text, [&](std::string_view line) {
    const auto fields = words(line);
    for (std::size_t i = 1; i + 1 < fields.size(); i += 2)
      if (const auto count = to_count(fields[i + 1]))
        counters[std::string(fields[0]).append(fields[i])] = *count;
  });
  return counters;
}

NamedCounters parse_pairs(std::string_view text) {
  NamedCounters counters;
  for_each_line(text, [&](std::string_view line) {
    const auto fields = words(line);
    if (fields.size() != 2) return;
    if (const auto count = to_count(fields[1])) counters[std::string(fields[0])] = *count;
  });
  return counters;
}

NamedCounters parse_conntrack(std::string_view text) {
  NamedCounters sums;
  std::vector<std::string_view> names;
  for_each_line(text, [&](std::string_view line) {
    auto fields = words(line);
    if (names.empty()) {
      names = std::move(fields);
      return;
    }
    for (std::size_t i = 0; i < std::min(names.size(), fields.size()); ++i)
      if (const auto count = to_count_of_hex(fields[i])) sums[std::string(names[i])] += *count;
  });
  return sums;
}

std::map<std::int64_t, SoftnetCounters> parse_softnet(std::string_view text) {
  constexpr std::size_t kCpu = 12;
  std::map<std::int64_t, SoftnetCounters> by_cpu;
  std::int64_t line_number = 0;
  for_each_line(text, [&](std::string_view line) {
    const auto fields = words(line);
    const std::int64_t counted = line_number++;
    if (fields.size() < 3) return;
    const auto processed = to_count_of_hex(fields[0]);
    const auto dropped = to_count_of_hex(fields[1]);
    const auto squeeze = to_count_of_hex(fields[2]);
    const auto cpu = fields.size() > kCpu ? to_count_of_hex(fields[kCpu]) : counted;
    if (processed && dropped && squeeze && cpu) by_cpu[*cpu] = {*processed, *dropped, *squeeze};
  });
  return by_cpu;
}

std::map<std::int64_t, std::int64_t> parse_net_rx(std::string_view text) {
  constexpr std::string_view kCpu = "CPU";
  std::map<std::int64_t, std::int64_t> by_cpu;
  std::vector<std::string_view> cpus;
  for_each_line(text, [&](std::string_view line) {
    auto fields = words(line);
    if (fields.empty()) return;
    if (fields[0].starts_with(kCpu)) {
      cpus = std::move(fields);
      return;
    }
    if (fields[0] != "NET_RX:") return;
    for (std::size_t i = 0; i < cpus.size() && i + 1 < fields.size(); ++i) {
      const auto cpu = cpus[i].starts_with(kCpu) ? to_count(cpus[i].substr(kCpu.size()))
                                                 : std::optional<std::int64_t>();
      const auto count = to_count(fields[i + 1]);
      if (cpu && count) by_cpu[*cpu] = *count;
    }
  });
  return by_cpu;
}

}  // namespace melisai::plugins::procfs

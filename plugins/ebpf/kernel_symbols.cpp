#include "plugins/ebpf/kernel_symbols.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string_view>

namespace melisai::plugins::ebpf {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

struct Symbol {
  std::uint64_t address = 0;
  std::string name;
};

// "ffffffff81000000 T _text", and the module after another blank.
bool parse(std::string_view line, std::uint64_t& address, std::string_view& name) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), address, 16);
  const auto at = static_cast<std::size_t>(end - line.data());
  if (error != std::errc() || address == 0 || line.size() < at + 4) return false;
  const char kind = line[at + 1];
  name = line.substr(at + 3, line.find_first_of("\t\n ", at + 3) - (at + 3));
  return kind == 't' || kind == 'T' || kind == 'w' || kind == 'W';
}

}  // namespace

std::map<std::uint64_t, std::string> kernel_symbols(std::vector<std::uint64_t> addresses,
                                                    const std::string& proc_root) {
  std::map<std::uint64_t, std::string> names;
  if (addresses.empty()) return names;
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  const std::unique_ptr<std::FILE, Close> file(std::fopen((proc_root + "/kallsyms").c_str(), "re"));
  if (!file) return names;

  // Of the symbols between two addresses the last one counts, for the upper address and all above
  // it up to the next symbol.
  std::vector<Symbol> last(addresses.size());
  char line[512];
  while (std::fgets(line, sizeof line, file.get()) != nullptr) {
    std::uint64_t address = 0;
    std::string_view name;
    if (!parse(line, address, name)) continue;
    const auto above = std::lower_bound(addresses.begin(), addresses.end(), address);
    if (above == addresses.end()) continue;
    Symbol& best = last[static_cast<std::size_t>(above - addresses.begin())];
    if (address >= best.address) best = {address, std::string(name)};
  }
  const Symbol* nearest = nullptr;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (last[i].address != 0) nearest = &last[i];
    if (nearest != nullptr) names.emplace(addresses[i], nearest->name);
  }
  return names;
}

}  // namespace melisai::plugins::ebpf

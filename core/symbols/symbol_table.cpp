#include "core/symbols/symbol_table.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace melisai::symbols {
namespace {

// Symbols that lie within others are rare and shallow; a hostile file may nest a million of them.
constexpr std::size_t kNestingMax = 64;

}  // namespace

void SymbolTable::add(const Symbol& symbol) {
  if (names_.size() + symbol.name.size() > std::numeric_limits<std::uint32_t>::max()) return;
  add_named(symbol, static_cast<std::uint32_t>(names_.size()));
  names_ += symbol.name;
}

void SymbolTable::add_named(const Symbol& symbol, std::uint32_t name_at) {
  entries_.push_back({symbol.address, symbol.size, name_at,
                      static_cast<std::uint32_t>(symbol.name.size()), symbol.rank});
}

void SymbolTable::finish() {
  // Of one address: the best rank, then what says its size, then the name that people use ("write",
  // "__write", "__GI___libc_write"), so that the order in the file does not matter.
  std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
    const auto key = [this](const Entry& entry) {
      const std::string_view name = symbol_of(entry).name;
      return std::tuple(entry.address, entry.size == 0, entry.rank,
                        name.starts_with('_') && !name.starts_with("_Z"), name.size(), name);
    };
    return a.address != b.address ? a.address < b.address : key(a) < key(b);
  });
  entries_.erase(std::unique(entries_.begin(), entries_.end(),
                             [](const Entry& a, const Entry& b) { return a.address == b.address; }),
                 entries_.end());
  entries_.shrink_to_fit();
}

Symbol SymbolTable::symbol_of(const Entry& entry) const {
  return {entry.address, entry.size, std::string_view(names_).substr(entry.name, entry.name_size),
          entry.rank};
}

std::optional<Symbol> SymbolTable::find(std::uint64_t address) const {
  auto at = std::upper_bound(
      entries_.begin(), entries_.end(), address,
      [](std::uint64_t wanted, const Entry& entry) { return wanted < entry.address; });
  for (std::size_t step = 0; step < kNestingMax && at != entries_.begin(); ++step) {
    --at;
    if (at->size == 0 && step == 0) return symbol_of(*at);
    if (address - at->address < at->size) return symbol_of(*at);
  }
  return std::nullopt;
}

}  // namespace melisai::symbols

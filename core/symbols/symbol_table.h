// Symbols of one file, sorted for lookup: an index of a few bytes a symbol and one block of names.
// Built once, then read only. Private to core/symbols.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace melisai::symbols {

/// Which of several symbols of one address names it. Lower is better.
enum class SymbolRank : std::uint8_t { exported, local, untyped };

struct Symbol {
  std::uint64_t address = 0;
  std::uint64_t size = 0;  ///< 0: not known, up to the next symbol
  std::string_view name;   ///< as in the file (mangled)
  SymbolRank rank = SymbolRank::exported;
};

class SymbolTable {
 public:
  SymbolTable() = default;
  /// With the names of a whole file, for add_named().
  explicit SymbolTable(std::string_view names) : names_(names) {}

  /// Copies the name.
  void add(const Symbol& symbol);
  /// Copies nothing: the name is `name_at` bytes into what the table was made with. However many
  /// symbols share a name, they take no more memory than the file has names.
  void add_named(const Symbol& symbol, std::uint32_t name_at);
  /// After the last add(): sorts, and keeps one symbol an address.
  void finish();

  /// The symbol that covers `address`, the innermost of nested ones. `name` lives as long as the
  /// table.
  std::optional<Symbol> find(std::uint64_t address) const;
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::uint32_t name = 0;
    std::uint32_t name_size = 0;
    SymbolRank rank = SymbolRank::exported;
  };
  Symbol symbol_of(const Entry& entry) const;

  std::vector<Entry> entries_;
  std::string names_;
};

}  // namespace melisai::symbols

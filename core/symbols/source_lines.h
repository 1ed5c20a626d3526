// File and line of addresses, from DWARF by libdw: tens of microseconds each after tens of
// milliseconds of reading, so it is asked for top functions only. Private to core/symbols but for
// SourceLine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/symbols/image.h"

struct Dwarf;

namespace melisai::symbols {

struct SourceLine {
  std::string file;  ///< as the compiler was told, printable
  int line = 0;      ///< from 1
  bool operator==(const SourceLine&) const = default;
};

constexpr Bytes kDebugBytesMax = Bytes{1} << 30;  ///< of one file, decompressed
constexpr std::size_t kUnitsMax = 200'000;

class SourceLines {
 public:
  /// `image` outlives this.
  SourceLines(const Images& images, const ElfFile& image, const std::string& path);
  ~SourceLines();

  /// Of the instruction there, which may be of a function that was inlined. Errors: not_found (no
  /// debug information there), limit.
  Result<SourceLine> at(std::uint64_t address);
  /// Where the function that covers `address` is written; at() where that is not known.
  Result<SourceLine> of_function(std::uint64_t address);

 private:
  struct Closer {
    void operator()(Dwarf* dwarf) const;
  };
  struct Stretch {
    std::uint64_t start = 0, end = 0;
    std::uint64_t unit = 0;  ///< offset of its DIE
  };
  void read_units();
  std::optional<std::uint64_t> unit_at(std::uint64_t address) const;

  std::optional<ElfFile> separate_;
  std::unique_ptr<Dwarf, Closer> dwarf_;
  std::vector<Stretch> stretches_;  ///< ascending by start
  std::string problem_;
};

}  // namespace melisai::symbols

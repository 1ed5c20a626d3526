// File and line of addresses, from DWARF by libdw: tens of microseconds each after tens of
// milliseconds of reading, so it is asked for top functions only. Private to core/symbols but for
// SourceLine.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
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

constexpr Bytes kDebugBytesMax = Bytes{128} << 20;  ///< decompressed, of all files together
constexpr std::size_t kDebugStepsMax = 8'000'000;   ///< in all files together: about a second
constexpr auto kDebugTimeMax = std::chrono::seconds(5);
constexpr std::size_t kUnitsMax = 200'000;

/// What all files of a Symbolizer together may cost. A small file can hold much work: all of its
/// units may share one long list of ranges. Steps bound what we see libdw do, the time the rest.
class LineBudget {
 public:
  /// Whether it fits; what is taken is gone.
  bool take_bytes(Bytes bytes);
  /// Ranges, attributes and bytes of line programs that are looked at. False once there are too
  /// few, or no time, and from then on.
  bool take_steps(std::size_t steps);
  Bytes bytes_left() const { return bytes_; }

  /// Time passes while one of these lives.
  class Use {
   public:
    explicit Use(LineBudget& budget);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    LineBudget& budget_;
  };

 private:
  Bytes bytes_ = kDebugBytesMax;
  std::size_t steps_ = kDebugStepsMax;
  std::chrono::nanoseconds time_ = kDebugTimeMax;
  std::chrono::nanoseconds end_{0};
};

class SourceLines {
 public:
  /// `image` and `budget` outlive this.
  SourceLines(const Images& images, const ElfFile& image, const std::string& path,
              LineBudget& budget);
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
  void open(const ElfFile& file);
  void read_units();
  void give_up();
  bool may_read_lines(std::uint64_t unit);
  Result<SourceLine> instruction_at(std::uint64_t address);
  std::optional<std::uint64_t> unit_at(std::uint64_t address) const;

  LineBudget& budget_;
  std::string path_;
  std::optional<ElfFile> separate_;
  std::unique_ptr<Dwarf, Closer> dwarf_;
  std::vector<Stretch> stretches_;      ///< ascending by start
  std::set<std::uint64_t> lines_read_;  ///< units
  Error problem_{Errc::not_found, ""};
};

}  // namespace melisai::symbols

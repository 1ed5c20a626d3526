// Addresses of stacks as functions. One Symbolizer for a window (or for both sides of a
// comparison): every file is read once, every place in it resolved once. Files may be hostile; what
// they can cost is bounded, and core/naming runs this in a process of its own. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/model/stack_frame.h"
#include "core/symbols/address_space.h"
#include "core/symbols/demangle.h"
#include "core/symbols/perf_map.h"
#include "core/symbols/source_lines.h"

namespace melisai::symbols {

using FrameId = std::uint32_t;

/// Of the system: its directories for libraries, and "[vdso]".
bool is_library(std::string_view path);

/// One function of one file. Equal places have equal frames, whatever the address randomisation.
struct Frame {
  StackFrame frame;           ///< demangled; "[libc.so.6]" when only the file is known, "[unknown]"
  std::string path;           ///< of the file; "" for none
  std::uint64_t address = 0;  ///< where the function starts, as the file counts
  std::uint32_t image = 0;
  bool resolved = false;  ///< to a function
};

/// A place on a stack: an address of a process, or an offset in a file. The leaf is where the
/// program was; all others are where it will return to, which may be the next function already.
struct Place {
  std::uint64_t value = 0;
  bool leaf = false;
};

struct CallSite {
  std::optional<FrameId> callee;  ///< of a direct call within its file
};

/// Why functions of a file stay unknown.
struct FileProblem {
  std::string path;  ///< "" where the text says it all
  std::string text;  ///< ": another file lies there now than was mapped" after the path
  bool operator==(const FileProblem&) const = default;
};
/// How people see a path; before it is quoted, which cuts long ones.
using ShownPath = std::function<std::string(std::string)>;
/// "'/opt/x': another file lies there now than was mapped"
std::string text_of(const FileProblem& problem, const ShownPath& shown = {});

constexpr std::size_t kImagesMax = 4'096;
constexpr std::size_t kFramesMax = 1'000'000;
constexpr std::size_t kPerfMapsMax = 256;

class Symbolizer {
 public:
  explicit Symbolizer(Roots roots = {});
  ~Symbolizer();

  /// Mappings as they were seen. Asking for them forgets what was resolved by address.
  AddressSpaces& spaces();
  /// What the process has now, and the map of its JIT; nothing happens when it is gone.
  void read_process(std::uint32_t pid);

  FrameId resolve(std::uint32_t pid, Place address);

  /// The file of a collector that found it itself (BPF_F_STACK_BUILD_ID): path, and build id or
  /// inode where they are known. `pid`: where to look for the file first.
  std::uint32_t image(std::uint32_t pid, const Mapping& mapping);
  FrameId resolve_in(std::uint32_t image, Place offset);

  /// The call that will return to `offset`; nothing where no call stands before it.
  std::optional<CallSite> call_before(std::uint32_t image, std::uint64_t offset);

  /// A frame of the kernel, which collectors name themselves.
  FrameId kernel(const std::string& name) { return named(name, FrameKind::kernel); }

  const Frame& frame(FrameId id) const { return frames_[id]; }

  /// File and line where a function is written, by libdw: slow, so for the top functions only.
  /// Errors: not_found (no debug information), limit.
  Result<SourceLine> line_of(FrameId id);
  /// The same of one place in it.
  Result<SourceLine> line_at(std::uint32_t image, Place offset);

  /// Files whose functions stay unknown and why, most used first.
  std::vector<FileProblem> file_problems() const;
  /// The same as lines.
  std::vector<std::string> problems(const ShownPath& shown = {}) const;

 private:
  struct Image;
  FrameId made_at_run_time(std::uint32_t pid, std::uint64_t address, const Mapping& mapping);
  FrameId resolve_address(std::uint32_t pid, std::uint64_t address);
  FrameId named(const std::string& name, FrameKind kind);
  FrameId function(Image& image, const Symbol& symbol);
  FrameId add(const Image& image, StackFrame frame, std::uint64_t address = 0,
              bool resolved = false);
  /// Nothing when the image has no file.
  SourceLines* lines_of(Image& image);

  Roots roots_;
  Images images_;
  AddressSpaces spaces_;
  Demangler demangle_;
  Bytes table_bytes_left_ = kTablesBytesMax;
  LineBudget line_budget_;
  std::vector<std::unique_ptr<Image>> files_;
  std::unordered_map<std::string, std::uint32_t> file_numbers_;
  std::unordered_map<std::uint32_t, std::unordered_map<std::uint64_t, FrameId>> addresses_;
  std::unordered_map<std::uint32_t, PerfMap> perf_maps_;
  std::vector<Frame> frames_;
  std::unordered_map<std::string, FrameId> named_;
};

}  // namespace melisai::symbols

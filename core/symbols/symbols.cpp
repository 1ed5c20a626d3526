#include "core/symbols/symbols.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/files.h"
#include "core/base/text.h"

namespace melisai::symbols {
namespace {

constexpr Bytes kMapsBytesMax = Bytes{32} << 20;
constexpr Bytes kStatusBytesMax = 64 << 10;
constexpr std::size_t kPlacesMax = 4'000'000;  // remembered, of one file

const std::string kTooMany = "[too many functions]";

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// One key for all mappings of a file, whatever process and address.
std::string key_of(const Mapping& mapping) {
  return mapping.path + '\n' + mapping.build_id + '\n' + std::to_string(mapping.inode);
}

// The number that a process has for itself, in a container.
std::optional<std::uint32_t> pid_within(const std::string& process) {
  const auto status = read_file(process + "/status", kStatusBytesMax);
  const std::size_t line = status ? status->find("\nNSpid:") : std::string::npos;
  if (line == std::string::npos) return std::nullopt;
  const std::size_t end = std::min(status->find('\n', line + 1), status->size());
  const std::size_t last = status->rfind('\t', end) + 1;
  std::uint32_t pid = 0;
  const auto read = std::from_chars(status->data() + last, status->data() + end, pid);
  return read.ec == std::errc() ? std::optional(pid) : std::nullopt;
}

}  // namespace

bool is_library(std::string_view path) {
  constexpr std::array<std::string_view, 9> kPlaces{"/lib/",       "/lib32/",      "/lib64/",
                                                    "/libx32/",    "/usr/lib/",    "/usr/lib32/",
                                                    "/usr/lib64/", "/usr/libx32/", "[vdso]"};
  return std::any_of(kPlaces.begin(), kPlaces.end(),
                     [&](std::string_view place) { return path.starts_with(place); });
}

struct Symbolizer::Image {
  std::uint32_t number = 0;
  std::string path;
  FrameKind kind = FrameKind::program;
  std::optional<ElfFile> file;
  SymbolTable table;
  std::string problem;
  std::size_t unresolved = 0;
  /// Frames by offset in the file; and by address of the function, so that it has one frame.
  std::unordered_map<std::uint64_t, FrameId> places;
  std::unordered_map<std::uint64_t, FrameId> functions;
  /// Calls just before an offset.
  std::unordered_map<std::uint64_t, std::optional<CallSite>> calls;
  std::optional<FrameId> nameless;
  std::unique_ptr<SourceLines> lines;
};

Symbolizer::Symbolizer(Roots roots) : roots_(roots), images_(std::move(roots)) {}
Symbolizer::~Symbolizer() = default;

AddressSpaces& Symbolizer::spaces() {
  addresses_.clear();
  return spaces_;
}

void Symbolizer::read_process(std::uint32_t pid) {
  const std::string process = roots_.proc + "/" + std::to_string(pid);
  if (const auto maps = read_file(process + "/maps", kMapsBytesMax))
    for (const Mapping& mapping : parse_maps(*maps)) spaces().of(pid).add(mapping);
  struct stat status {};
  if (perf_maps_.size() >= kPerfMapsMax || stat(process.c_str(), &status) != 0) return;
  const std::uint32_t own = pid_within(process).value_or(pid);
  if (Result<PerfMap> map = read_perf_map(process + "/root", own, status.st_uid))
    perf_maps_.insert_or_assign(pid, *std::move(map));
}

std::uint32_t Symbolizer::image(std::uint32_t pid, const Mapping& mapping) {
  const std::string key = key_of(mapping);
  if (const auto known = file_numbers_.find(key); known != file_numbers_.end())
    return known->second;
  if (files_.size() >= kImagesMax) return static_cast<std::uint32_t>(files_.size() - 1);
  auto image = std::make_unique<Image>();
  image->number = static_cast<std::uint32_t>(files_.size());
  image->path = plain_path(mapping);
  image->kind = is_library(mapping.path) ? FrameKind::library : FrameKind::program;
  if (files_.size() + 1 == kImagesMax) {
    image->path = "other files";
    image->problem = "more than " + std::to_string(kImagesMax) + " files";
  } else if (Result<ElfFile> file = images_.open(pid, mapping); !file) {
    image->problem = file.error().message;
  } else if (Result<SymbolTable> table = images_.symbols(*file, image->path, table_bytes_left_);
             !table) {
    image->problem = in_quotes(image->path) + ": " + table.error().message;
  } else {
    if (table->empty()) image->problem = in_quotes(image->path) + ": it has no symbols (stripped)";
    image->table = *std::move(table);
    image->file = *std::move(file);
  }
  const std::uint32_t number = image->number;
  file_numbers_.emplace(key, number);
  files_.push_back(std::move(image));
  return number;
}

FrameId Symbolizer::named(const std::string& name, FrameKind kind) {
  const std::string key = static_cast<char>('0' + static_cast<int>(kind)) + name;
  if (const auto known = named_.find(key); known != named_.end()) return known->second;
  if (frames_.size() >= kFramesMax && name != kTooMany) return named(kTooMany, FrameKind::unknown);
  const auto id = static_cast<FrameId>(frames_.size());
  frames_.push_back({.frame = {name, kind}, .resolved = kind != FrameKind::unknown});
  named_.emplace(key, id);
  return id;
}

FrameId Symbolizer::resolve_in(std::uint32_t number, Place place) {
  MELISAI_ASSERT(number < files_.size());
  Image& image = *files_[number];
  const std::uint64_t offset = place.value - (place.leaf || place.value == 0 ? 0 : 1);
  if (const auto known = image.places.find(offset); known != image.places.end())
    return known->second;
  std::optional<Symbol> symbol;
  if (image.file)
    if (const auto address = image.file->address_of(offset)) symbol = image.table.find(*address);
  FrameId id = 0;
  if (symbol) {
    id = function(image, *symbol);
  } else {
    ++image.unresolved;
    if (!image.nameless)
      image.nameless = add(image, {"[" + printable(base_name(image.path)) + "]", image.kind});
    id = *image.nameless;
  }
  if (image.places.size() < kPlacesMax) image.places.emplace(offset, id);
  return id;
}

FrameId Symbolizer::function(Image& image, const Symbol& symbol) {
  if (const auto known = image.functions.find(symbol.address); known != image.functions.end())
    return known->second;
  const FrameId id =
      add(image, {printable(demangle_(symbol.name)), image.kind}, symbol.address, true);
  image.functions.emplace(symbol.address, id);
  return id;
}

FrameId Symbolizer::add(const Image& image, StackFrame frame, std::uint64_t address,
                        bool resolved) {
  if (frames_.size() >= kFramesMax) return named(kTooMany, FrameKind::unknown);
  frames_.push_back({std::move(frame), image.path, address, image.number, resolved});
  return static_cast<FrameId>(frames_.size() - 1);
}

std::optional<CallSite> Symbolizer::call_before(std::uint32_t number, std::uint64_t offset) {
  MELISAI_ASSERT(number < files_.size());
  Image& image = *files_[number];
  if (const auto known = image.calls.find(offset); known != image.calls.end()) return known->second;
  std::optional<CallSite> site;
  if (const auto call = image.file ? image.file->call_before(offset) : std::nullopt) {
    site = CallSite{};
    const auto symbol = call->target ? image.table.find(*call->target) : std::nullopt;
    // Nobody calls the middle of a function: such bytes are no call.
    if (symbol && symbol->address == *call->target) site->callee = function(image, *symbol);
  }
  if (image.calls.size() < kPlacesMax) image.calls.emplace(offset, site);
  return site;
}

FrameId Symbolizer::made_at_run_time(std::uint32_t pid, std::uint64_t address,
                                     const Mapping& mapping) {
  if (const auto map = perf_maps_.find(pid); map != perf_maps_.end())
    if (const std::string_view name = map->second.find(address); !name.empty())
      return named(std::string(name), FrameKind::jit);
  const std::string path = printable(mapping.path.substr(0, kSymbolBytesMax));
  return named(path.empty() || path.starts_with("//") ? "[anonymous]"
               : path.starts_with('[')                ? path
                                                      : "[" + base_name(path) + "]",
               FrameKind::unknown);
}

FrameId Symbolizer::resolve_address(std::uint32_t pid, std::uint64_t address) {
  const AddressSpace* space = spaces_.find(pid);
  const Mapping* mapping = space == nullptr ? nullptr : space->find(address);
  if (mapping == nullptr) return named("[unknown]", FrameKind::unknown);
  if (!is_file(*mapping) && mapping->path != "[vdso]")
    return made_at_run_time(pid, address, *mapping);
  return resolve_in(image(pid, *mapping),
                    {.value = address - mapping->start + mapping->file_offset, .leaf = true});
}

FrameId Symbolizer::resolve(std::uint32_t pid, Place address) {
  const std::uint64_t at = address.value - (address.leaf || address.value == 0 ? 0 : 1);
  auto& known = addresses_[pid];
  if (const auto found = known.find(at); found != known.end()) return found->second;
  const FrameId id = resolve_address(pid, at);
  if (known.size() < kPlacesMax) known.emplace(at, id);
  return id;
}

SourceLines* Symbolizer::lines_of(Image& image) {
  if (!image.file) return nullptr;
  if (!image.lines)
    image.lines = std::make_unique<SourceLines>(images_, *image.file, image.path, line_budget_);
  return image.lines.get();
}

Result<SourceLine> Symbolizer::line_of(FrameId id) {
  const Frame& frame = frames_[id];
  SourceLines* lines =
      frame.resolved && !frame.path.empty() ? lines_of(*files_[frame.image]) : nullptr;
  if (lines == nullptr)
    return Error{Errc::not_found, "no file is known of " + in_quotes(frame.frame.name)};
  return lines->of_function(frame.address);
}

Result<SourceLine> Symbolizer::line_at(std::uint32_t image, Place offset) {
  MELISAI_ASSERT(image < files_.size());
  Image& file = *files_[image];
  SourceLines* lines = lines_of(file);
  if (lines == nullptr) return Error{Errc::not_found, file.problem};
  const auto address =
      file.file->address_of(offset.value - (offset.leaf || offset.value == 0 ? 0 : 1));
  if (!address) return Error{Errc::not_found, "no code lies there in " + in_quotes(file.path)};
  return lines->at(*address);
}

std::vector<FileProblem> Symbolizer::file_problems() const {
  std::vector<const Image*> bad;
  for (const auto& image : files_)
    if (!image->problem.empty() && image->unresolved > 0) bad.push_back(image.get());
  std::stable_sort(bad.begin(), bad.end(),
                   [](const Image* a, const Image* b) { return a->unresolved > b->unresolved; });
  std::vector<FileProblem> problems;
  for (const Image* image : bad) {
    const std::string quoted = in_quotes(image->path);
    if (image->problem.starts_with(quoted))
      problems.push_back({image->path, image->problem.substr(quoted.size())});
    else
      problems.push_back({"", image->problem});
  }
  return problems;
}

std::vector<std::string> Symbolizer::problems(const ShownPath& shown) const {
  std::vector<std::string> lines;
  for (const FileProblem& each : file_problems()) lines.push_back(text_of(each, shown));
  return lines;
}

std::string text_of(const FileProblem& problem, const ShownPath& shown) {
  if (problem.path.empty()) return problem.text;
  return in_quotes(shown ? shown(problem.path) : problem.path) + problem.text;
}

}  // namespace melisai::symbols

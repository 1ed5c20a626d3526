#include "core/symbols/image.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/base/text.h"
#include "core/symbols/checksum.h"
#include "core/symbols/open_below.h"

namespace melisai::symbols {
namespace {

constexpr std::string_view kDeleted = " (deleted)";
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::string_view take_word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t end = std::min(line.find(' ', begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

bool read_number(std::string_view text, int base, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size();
}

// "7f12000-7f13000 r-xp 00001000 08:01 1234    /usr/lib/x.so"
std::optional<Mapping> parse_line(std::string_view line) {
  Mapping mapping;
  const std::string_view range = take_word(line);
  const std::string_view rights = take_word(line);
  const std::string_view offset = take_word(line);
  take_word(line);  // the device: overlay file systems show another one than fstat()
  const std::string_view inode = take_word(line);
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || rights.size() < 3 || rights[2] != 'x' ||
      !read_number(range.substr(0, dash), 16, mapping.start) ||
      !read_number(range.substr(dash + 1), 16, mapping.end) ||
      !read_number(offset, 16, mapping.file_offset) || !read_number(inode, 10, mapping.inode) ||
      mapping.end <= mapping.start)
    return std::nullopt;
  const std::size_t path = std::min(line.find_first_not_of(' '), line.size());
  mapping.path = line.substr(path, kPathBytesMax);
  return mapping;
}

std::string hex(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), number, 16);
  return {digits.begin(), end};
}

// Whether this is the file that was mapped, as far as anything tells.
bool is_the_one(const ElfFile& file, const Mapping& mapping) {
  if (!mapping.build_id.empty()) return file.build_id() == mapping.build_id;
  struct stat status {};
  return mapping.inode == 0 ||
         (fstat(file.fd(), &status) == 0 && std::uint64_t{status.st_ino} == mapping.inode);
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

}  // namespace

std::vector<Mapping> parse_maps(std::string_view maps) {
  std::vector<Mapping> found;
  while (!maps.empty() && found.size() < kMappingsMax) {
    const std::size_t end = std::min(maps.find('\n'), maps.size());
    if (auto mapping = parse_line(maps.substr(0, end))) found.push_back(*std::move(mapping));
    maps.remove_prefix(std::min(end + 1, maps.size()));
  }
  return found;
}

bool is_file(const Mapping& mapping) {
  return mapping.path.starts_with('/') && !mapping.path.starts_with("//") &&
         !mapping.path.starts_with("/memfd:") && !mapping.path.starts_with("/dev/") &&
         !mapping.path.starts_with("/SYSV") && !mapping.path.starts_with("/anon_hugepage");
}

std::string plain_path(const Mapping& mapping) {
  const std::string& path = mapping.path;
  return path.ends_with(kDeleted) ? path.substr(0, path.size() - kDeleted.size()) : path;
}

Result<ElfFile> Images::open(std::uint32_t pid, const Mapping& mapping) const {
  if (mapping.path == "[vdso]") return ElfFile::own_vdso();
  const std::string path = plain_path(mapping);
  if (!is_file(mapping) || path.size() > kPathBytesMax)
    return Error{Errc::not_found, in_quotes(mapping.path) + " is no file"};
  const std::string process = roots_.proc + "/" + std::to_string(pid);
  const bool deleted = path.size() != mapping.path.size();
  Error problem{Errc::not_found, in_quotes(path) + " is no more there"};
  const auto candidate = [&](int which) {
    switch (which) {
      // Only with CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE, but the only way to a deleted file.
      case 0:
        return deleted ? Fd(::open(
                             (process + "/map_files/" + hex(mapping.start) + "-" + hex(mapping.end))
                                 .c_str(),
                             kOpenFlags))
                       : Fd();
      case 1: return deleted ? Fd(::open((process + "/exe").c_str(), kOpenFlags)) : Fd();
      case 2: return open_below(process + "/root", path);
      default: return open_file(path, O_NOFOLLOW);
    }
  };
  for (int which = 0; which < 4; ++which) {
    Fd file = candidate(which);
    if (file.get() < 0) continue;
    Result<ElfFile> opened = ElfFile::open(std::move(file), path);
    if (opened && is_the_one(*opened, mapping)) return opened;
    problem = opened ? Error{Errc::not_found,
                             in_quotes(path) + ": another file lies there now than was mapped"}
                     : opened.error();
  }
  return problem;
}

Result<ElfFile> Images::debug_file(const ElfFile& image, const std::string& path) const {
  std::vector<std::string> places;
  const std::string& id = image.build_id();
  if (id.size() > 2)
    places.push_back(roots_.debug + "/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) +
                     ".debug");
  if (image.debug_link()) {
    const std::string& name = image.debug_link()->name;
    const std::string directory = directory_of(path);
    for (const std::string& place : {directory + "/.debug/", roots_.debug + directory + "/"})
      places.push_back(place + name);
    if (directory + "/" + name != path) places.push_back(directory + "/" + name);
  }
  for (const std::string& place : places) {
    Fd file = open_file(place);
    if (file.get() < 0) continue;
    // Without a build id only the checksum of the whole file tells that they belong together.
    if (id.empty() && checksum_of(file.get()) != image.debug_link()->crc) continue;
    Result<ElfFile> opened = ElfFile::open(std::move(file), place);
    if (opened && (id.empty() || opened->build_id() == id)) return opened;
  }
  return Error{Errc::not_found, in_quotes(path) + ": no file with its debug information"};
}

Result<SymbolTable> Images::symbols(const ElfFile& image, const std::string& path,
                                    Bytes& left) const {
  if (!image.has_full_symbols() && image.fd() >= 0)
    if (const Result<ElfFile> debug = debug_file(image, path); debug && debug->has_full_symbols())
      if (Result<SymbolTable> table = debug->symbols(left); table && !table->empty()) return table;
  return image.symbols(left);
}

}  // namespace melisai::symbols

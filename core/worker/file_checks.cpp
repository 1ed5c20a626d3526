#include "core/worker/file_checks.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/base/fd.h"
#include "core/base/text.h"

// The header of this very program, from the linker: what "this machine" means.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the linker's name
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

namespace melisai::worker {
namespace {

using Header = ElfW(Ehdr);

Error refuse(const std::string& path, const std::string& what) {
  return {Errc::config, printable(path) + " " + what};
}

std::string mode_text(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777u);
  return text.data();
}

// Only root and we may be able to change `path`.
Result<void> check_owner(const std::string& path, const struct stat& info) {
  if (info.st_uid != 0 && info.st_uid != geteuid())
    return refuse(path, "belongs to user " + std::to_string(info.st_uid) +
                            "; it must belong to root or to the user that runs melisai-gate (" +
                            std::to_string(geteuid()) + "), who alone may change what is loaded");
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refuse(path, "is writable by group or others (mode " + mode_text(info.st_mode) +
                            "); run: chmod go-w " + printable(path));
  return {};
}

struct Opened {
  Fd fd;
  std::string path;
  struct stat info {};
};

struct Checked {
  const std::string& path;
  off_t size = 0;
};

Result<Opened> open_checked(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  if (!real) return error_from_errno(errno, "cannot find " + printable(path));
  Opened file{.fd = Fd(), .path = real.get()};
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  file.fd = Fd(open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd.get() < 0 || fstat(file.fd.get(), &file.info) != 0)
    return error_from_errno(errno, "cannot read " + printable(file.path));
  if (!S_ISREG(file.info.st_mode)) return refuse(file.path, "is not a regular file");
  MELISAI_CHECK(check_owner(file.path, file.info));
  const std::string directory = file.path.substr(0, std::max<std::size_t>(file.path.rfind('/'), 1));
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0)
    return error_from_errno(errno, "cannot read " + printable(directory));
  MELISAI_CHECK(check_owner(directory, info));
  return file;
}

std::string machine_name(unsigned machine, unsigned char file_class) {
  const bool small = file_class == ELFCLASS32;
  switch (machine) {
    case EM_X86_64: return small ? "x32" : "x86-64";
    case EM_386: return "x86 (32 bit)";
    case EM_AARCH64: return small ? "aarch64 (32 bit)" : "aarch64";
    case EM_ARM: return "arm (32 bit)";
    case EM_RISCV: return small ? "riscv32" : "riscv64";
    case EM_PPC64: return "ppc64";
    case EM_S390: return "s390x";
    default: return "machine " + std::to_string(machine) + (small ? " (32 bit)" : "");
  }
}

Result<void> check_elf(const Checked& file, const Header& header) {
  const Header& ours = __ehdr_start;
  const auto byte = [](const Header& h, int i) { return h.e_ident[i]; };
  if (byte(header, EI_CLASS) != byte(ours, EI_CLASS) ||
      byte(header, EI_DATA) != byte(ours, EI_DATA) || header.e_machine != ours.e_machine) {
    std::string theirs = machine_name(header.e_machine, byte(header, EI_CLASS));
    const std::string here = machine_name(ours.e_machine, byte(ours, EI_CLASS));
    if (theirs == here) theirs += " of the other byte order";
    return refuse(file.path,
                  "is built for " + theirs + ", this machine is " + here + "; rebuild the plugin");
  }
  // The table of sections is at the end of a file, and what lists symbols relies on it.
  const auto size = static_cast<std::uint64_t>(file.size);
  const std::uint64_t table = std::uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff > size || table > size - header.e_shoff)
    return refuse(file.path, "is cut off (" + std::to_string(size) +
                                 " bytes, its own header speaks of more); copy or build it again");
  return {};
}

// Zeros where the file ends sooner.
Header header_of(int fd) {
  Header header{};
  if (pread(fd, &header, sizeof header, 0) < 0) return {};
  return header;
}

bool has_elf_magic(const Header& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0;
}

}  // namespace

Result<void> check_library_content(int fd, const std::string& path) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return error_from_errno(errno, "cannot read " + printable(path));
  const Header header = header_of(fd);
  if (!has_elf_magic(header)) return refuse(path, "is not a shared library");
  if (static_cast<std::size_t>(info.st_size) < sizeof header)
    return refuse(path, "is cut off; copy or build it again");
  MELISAI_CHECK(check_elf({.path = path, .size = info.st_size}, header));
  if (header.e_type != ET_DYN || header.e_shnum == 0)
    return refuse(path, "is an ELF file, but not a shared library with a table of sections");
  return {};
}

Result<std::string> check_library(const std::string& path) {
  MELISAI_TRY(const Opened file, open_checked(path));
  MELISAI_CHECK(check_library_content(file.fd.get(), file.path));
  return file.path;
}

Result<std::string> check_program(const std::string& path) {
  MELISAI_TRY(const Opened file, open_checked(path));
  if (access(file.path.c_str(), X_OK) != 0)
    return refuse(file.path, "is not executable; run: chmod u+x " + printable(file.path));
  const Header header = header_of(file.fd.get());
  if (has_elf_magic(header)) {
    MELISAI_CHECK(check_elf({.path = file.path, .size = file.info.st_size}, header));
  } else if (header.e_ident[0] != '#' || header.e_ident[1] != '!') {
    return refuse(file.path,
                  "is neither a program for this machine nor a script that starts "
                  "with #!");
  }
  return file.path;
}

}  // namespace melisai::worker

#include "core/base/disk_space.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "core/base/fd.h"
#include "core/base/units.h"

namespace melisai {
namespace {

// What failed may have removed what it had written of its last file; a small disk is not full for
// that.
constexpr Bytes kFreeMax = 16 << 20;
constexpr Bytes kFreeMin = 64 << 10;
constexpr Bytes kPartOfDisk = 100;

}  // namespace

std::string full_disk(const std::string& directory) {
  struct statvfs disk {};
  if (statvfs(directory.c_str(), &disk) != 0) return "";
  const auto size = static_cast<Bytes>(disk.f_blocks) * static_cast<Bytes>(disk.f_frsize);
  const Bytes wanted = std::clamp(size / kPartOfDisk, kFreeMin, kFreeMax);
  const Fd file(open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  const int problem = file.get() < 0 ? errno : posix_fallocate(file.get(), 0, wanted);
  if (problem != ENOSPC && problem != EDQUOT) return "";
  return "the disk of " + directory + " has no room for " + format_bytes(wanted);
}

}  // namespace melisai

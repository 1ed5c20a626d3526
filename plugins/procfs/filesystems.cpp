#include "plugins/procfs/filesystems.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <utility>

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kMountsMax = 4096;
constexpr std::size_t kListedMax = 200;

// What answers from this machine. Anything else may be a server.
constexpr std::string_view kLocal[] = {
    "bcachefs", "btrfs",   "erofs", "exfat",  "ext2",  "ext3",    "ext4",  "f2fs",
    "hfsplus",  "iso9660", "jfs",   "nilfs2", "ntfs3", "overlay", "ramfs", "reiserfs",
    "squashfs", "tmpfs",   "udf",   "vfat",   "xfs",   "zfs"};
// What holds no files of anybody, or only those of the kernel.
constexpr std::string_view kPseudo[] = {
    "autofs", "binfmt_misc", "bpf",        "cgroup",  "cgroup2",    "configfs",   "debugfs",
    "devpts", "devtmpfs",    "efivarfs",   "fusectl", "hugetlbfs",  "mqueue",     "nsfs",
    "proc",   "pstore",      "ramfs",      "rootfs",  "rpc_pipefs", "securityfs", "selinuxfs",
    "sysfs",  "tracefs",     "fuse.lxcfs", "nfsd",    "pipefs",     "sockfs"};
// Memory that looks like files, for the system's own use.
constexpr std::string_view kSystemFolders[] = {"/dev", "/proc", "/run", "/sys"};

template <std::size_t count>
bool among(std::string_view word, const std::string_view (&list)[count]) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool lies_under(std::string_view path, std::string_view folder) {
  if (folder == "/") return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_pseudo(const Mount& mount) {
  if (among(mount.type, kPseudo)) return true;
  return mount.type == "tmpfs" &&
         std::any_of(std::begin(kSystemFolders), std::end(kSystemFolders),
                     [&](std::string_view folder) { return lies_under(mount.path, folder); });
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// "/a\040b" is "/a b".
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) &&
                        is_octal(text[i + 2]) && is_octal(text[i + 3]);
    if (!escape) {
      plain += text[i];
      continue;
    }
    plain +=
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0');
    i += 3;
  }
  return plain;
}

// 36 35 98:0 /mnt1 /mnt/parent rw,noatime master:1 - ext3 /dev/root rw,errors=continue
std::optional<Mount> parse_mount(std::string_view line) {
  const auto fields = words(line);
  const auto dash = std::find(fields.begin(), fields.end(), "-");
  if (fields.end() - dash < 3 || dash - fields.begin() < 6) return std::nullopt;
  return Mount{.number = std::string(fields[2]),
               .path = unescaped(fields[4]),
               .type = std::string(dash[1]),
               .device = unescaped(dash[2])};
}

// All of them; one over another hides it.
std::vector<Mount> all_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  while (!mountinfo.empty() && mounts.size() < kMountsMax) {
    const std::size_t size = std::min(mountinfo.find('\n'), mountinfo.size());
    if (auto mount = parse_mount(mountinfo.substr(0, size))) {
      std::erase_if(mounts, [&](const Mount& other) { return other.path == mount->path; });
      mounts.push_back(std::move(*mount));
    }
    mountinfo.remove_prefix(std::min(size + 1, mountinfo.size()));
  }
  return mounts;
}

void put_use(Json& entry, const std::string& path) {
  struct statvfs use {};
  if (statvfs(path.c_str(), &use) != 0 || use.f_blocks == 0) return;
  const auto bytes = [&](fsblkcnt_t blocks) {
    return static_cast<double>(blocks) * static_cast<double>(use.f_frsize);
  };
  entry["size_gb"] = bytes(use.f_blocks) / (1 << 30);
  // Like df: what only root may use is neither used nor free.
  const double used = bytes(use.f_blocks - std::min(use.f_bfree, use.f_blocks));
  put(entry, "used_pct", percent(used, used + bytes(use.f_bavail)));
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view mountinfo) {
  std::vector<Mount> kept;
  for (Mount& mount : all_mounts(mountinfo)) {
    if (is_pseudo(mount)) continue;
    const auto same = std::find_if(
        kept.begin(), kept.end(), [&](const Mount& other) { return other.number == mount.number; });
    if (same == kept.end())
      kept.push_back(std::move(mount));
    else if (mount.path.size() < same->path.size())
      *same = std::move(mount);
  }
  return kept;
}

bool may_ask(const Mount& mount, const std::vector<Mount>& all) {
  return std::all_of(all.begin(), all.end(), [&](const Mount& other) {
    return !lies_under(mount.path, other.path) || among(other.type, kLocal);
  });
}

Json filesystems(std::string_view mountinfo, bool ask) {
  const std::vector<Mount> all = all_mounts(mountinfo);
  Json list = Json::array();
  for (const Mount& mount : parse_mounts(mountinfo)) {
    if (list.size() >= kListedMax) break;
    Json entry = {{"mount", mount.path}, {"device", mount.device}, {"type", mount.type}};
    if (ask && may_ask(mount, all)) put_use(entry, mount.path);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace melisai::plugins::procfs

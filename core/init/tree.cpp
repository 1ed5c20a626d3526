#include "core/init/tree.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/base/files.h"
#include "core/base/text.h"

namespace melisai::init {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMax = 20'000;
constexpr int kDepthMax = 6;
constexpr Bytes kTextMax = 256 << 10;

// Not somebody's own sources.
constexpr std::array<std::string_view, 12> kPassedOver{
    "node_modules", "target", "vendor",        "third_party", "external", "venv",
    "__pycache__",  "env",    "site-packages", "dist",        "out",      "melisai-report"};

bool is_passed_over(const std::string& name) {
  return name.starts_with('.') || name.starts_with("build") || name.starts_with("cmake-build") ||
         std::find(kPassedOver.begin(), kPassedOver.end(), name) != kPassedOver.end();
}

}  // namespace

Result<SourceTree> SourceTree::read(const std::string& root) {
  SourceTree tree;
  tree.root_ = root;
  std::error_code error;
  fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, error);
  if (error)
    return Error{Errc::usage, in_quotes(root) + " cannot be read: " + error.message() +
                                  "; name the root of the repository with -C"};
  const std::size_t prefix = root.ends_with('/') ? root.size() : root.size() + 1;
  for (; at != fs::recursive_directory_iterator() && !error; at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code unknown;
    const bool is_directory = at->is_directory(unknown) && !at->is_symlink(unknown);
    if (is_directory && (is_passed_over(name) || at.depth() >= kDepthMax))
      at.disable_recursion_pending();
    if (is_directory || !at->is_regular_file(unknown) || at->is_symlink(unknown)) continue;
    if (tree.files_.size() == kFilesMax) {
      tree.is_cut_ = true;
      break;
    }
    tree.files_.push_back(at->path().string().substr(prefix));
  }
  std::sort(tree.files_.begin(), tree.files_.end());
  return tree;
}

bool SourceTree::has(std::string_view path) const {
  return std::binary_search(files_.begin(), files_.end(), path);
}

std::string SourceTree::text(const std::string& path) const {
  if (!has(path)) return "";
  const Result<std::string> text = read_file(root_ + "/" + path, kTextMax);
  return text && text->find('\0') == std::string::npos ? *text : "";
}

std::vector<std::string> SourceTree::named(std::string_view name) const {
  std::vector<std::string> found;
  for (const std::string& file : files_)
    if (name_of(file) == name) found.push_back(file);
  return found;
}

std::vector<std::string> SourceTree::ending(std::string_view end) const {
  std::vector<std::string> found;
  for (const std::string& file : files_)
    if (file.ends_with(end)) found.push_back(file);
  return found;
}

std::string directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? "" : path.substr(0, slash));
}

std::string name_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

}  // namespace melisai::init

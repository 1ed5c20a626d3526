#include "core/git/local_view.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/units.h"
#include "core/git/url.h"

namespace melisai::git {
namespace {

constexpr int kAlternatesDepthMax = 5;  // as git
constexpr size_t kAlternatesMax = 1'000;
constexpr Bytes kAlternatesFileMax = 1 << 16;
constexpr std::string_view kLineEnds = "\r\n";  // as libgit2 takes them

bool is_wanted(std::string_view ref, const std::string& proposal) {
  return ref.starts_with("refs/heads/") || ref.starts_with("refs/tags/") || ref == proposal;
}

/// The refs that are wanted as a file of git's, so that there is one file however many they are.
Result<std::string> packed_refs(git_repository& source, const std::string& proposal) {
  ReferenceIterator iterator;
  if (git_reference_iterator_new(iterator.out(), &source) != 0) return last_error("references");
  std::string text;
  Reference reference;
  int rc = 0;
  while ((rc = git_reference_next(reference.out(), iterator.get())) == 0) {
    const std::string name = git_reference_name(reference.get());
    Reference direct;
    // One that leads nowhere is nothing to fetch.
    if (!is_wanted(name, proposal) || git_reference_resolve(direct.out(), reference.get()) != 0)
      continue;
    text += to_hex(*git_reference_target(direct.get())) + " " + name + "\n";
  }
  if (rc != GIT_ITEROVER) return last_error("references");
  git_error_clear();
  return text;
}

Error borrows_too_much(const std::string& objects) {
  return Error{Errc::limit, objects + " borrows from more than " + std::to_string(kAlternatesMax) +
                                " directories: repack it with `git repack -a -d`"};
}

/// The directories that this one borrows objects from itself. Whoever wrote them may be a stranger.
Result<std::vector<std::string>> borrowed_by(const std::string& objects) {
  std::vector<std::string> borrowed;
  const Result<std::string> file = read_file(objects + "/info/alternates", kAlternatesFileMax);
  if (!file && file.error().code == Errc::limit) return file.error();
  if (!file) return borrowed;  // libgit2 reads it too, and says what is wrong
  std::string_view rest = *file;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find_first_of(kLineEnds));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (borrowed.size() == kAlternatesMax) return borrows_too_much(objects);
    borrowed.push_back((line.starts_with('/') ? "" : objects + "/") + std::string(line));
  }
  return borrowed;
}

/// Those and what they borrow, as a file of git's. libgit2 takes relative ones only from the
/// repository that is opened, which is the view.
Result<std::string> alternates(const std::string& objects) {
  std::string text;
  std::set<std::string> known;
  std::vector<std::string> level{objects};
  for (int depth = 0; depth <= kAlternatesDepthMax && !level.empty(); ++depth) {
    std::vector<std::string> next;
    for (const std::string& directory : level) {
      if (!known.insert(directory).second) continue;
      text += directory + "\n";
      MELISAI_TRY(const std::vector<std::string> borrowed, borrowed_by(directory));
      next.insert(next.end(), borrowed.begin(), borrowed.end());
      if (known.size() + next.size() > kAlternatesMax) return borrows_too_much(objects);
    }
    level = std::move(next);
  }
  return text;
}

/// Not write_file(), which waits for the disk: all of this is gone in a moment.
Result<void> write_now(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file) return {};
  return error_from_errno(errno, path);
}

}  // namespace

Result<LocalView> LocalView::make(const Wanted& wanted) {
  Repository source;
  if (git_repository_open(source.out(), local_path(wanted.url).c_str()) != 0)
    return last_error("fetching " + without_credentials(wanted.url));
  MELISAI_CHECK(remove_tree(wanted.directory));
  LocalView view(wanted.directory);
  MELISAI_TRY(const std::string refs, packed_refs(*source, wanted.proposal));
  const std::string objects = std::string(git_repository_commondir(source.get())) + "objects";
  if (objects.find_first_of(kLineEnds) != std::string::npos)
    return Error{Errc::git, "fetching " + without_credentials(wanted.url) +
                                ": its path has a line end, which git cannot borrow from: "
                                "rename it"};
  MELISAI_TRY(const std::string lenders, alternates(objects));
  // By hand, because git_repository_init() waits for the disk too.
  MELISAI_CHECK(make_directories(view.path() + "/objects/info"));
  MELISAI_CHECK(make_directories(view.path() + "/refs"));
  MELISAI_CHECK(write_now(view.path() + "/HEAD", "ref: refs/heads/main\n"));
  MELISAI_CHECK(write_now(view.path() + "/objects/info/alternates", lenders));
  MELISAI_CHECK(write_now(view.path() + "/packed-refs", refs));
  return view;
}

LocalView::~LocalView() {
  if (!path_.empty()) (void)remove_tree(path_);  // else the next one does
}

}  // namespace melisai::git

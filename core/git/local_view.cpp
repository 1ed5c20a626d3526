#include "core/git/local_view.h"

#include <cerrno>
#include <fstream>
#include <string_view>

#include "core/base/files.h"
#include "core/git/url.h"

namespace melisai::git {
namespace {

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
  const std::string objects = std::string(git_repository_commondir(source.get())) + "objects\n";
  // By hand, because git_repository_init() waits for the disk too.
  MELISAI_CHECK(make_directories(view.path() + "/objects/info"));
  MELISAI_CHECK(make_directories(view.path() + "/refs"));
  MELISAI_CHECK(write_now(view.path() + "/HEAD", "ref: refs/heads/main\n"));
  MELISAI_CHECK(write_now(view.path() + "/objects/info/alternates", objects));
  MELISAI_CHECK(write_now(view.path() + "/packed-refs", refs));
  return view;
}

LocalView::~LocalView() {
  if (!path_.empty()) (void)remove_tree(path_);  // else the next one does
}

}  // namespace melisai::git

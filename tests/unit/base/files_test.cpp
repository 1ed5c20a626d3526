#include "core/base/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace melisai {
namespace {

namespace fs = std::filesystem;

// Root writes where nobody may; those tests then run their body in a child that gave its rights up.
constexpr uid_t kNobody = 65534;

class Files : public ::testing::Test {
 protected:
  std::string in(const std::string& name) const { return directory_.path() + "/" + name; }
  static void put(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory_.path()), {}));
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::make(fs::temp_directory_path(), "melisai-files-").value();
};

TEST_F(Files, ReadsBackWhatItWrote) {
  const std::string content("line\n\0binary\xFF", 13);
  ASSERT_TRUE(write_file(in("a"), content));
  EXPECT_EQ(read_file(in("a"), 13).value(), content);
  ASSERT_TRUE(write_file(in("a"), ""));
  EXPECT_EQ(read_file(in("a"), 0).value(), "");
}

TEST_F(Files, ReadingHasALimit) {
  put(in("a"), "12345");
  EXPECT_EQ(read_file(in("a"), 5).value(), "12345");
  const Result<std::string> longer = read_file(in("a"), 4);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, Errc::limit);
  EXPECT_EQ(longer.error().message, "'" + in("a") + "' is longer than 4 B");
}

TEST_F(Files, ReadsFilesThatClaimToBeEmpty) {
  EXPECT_GT(read_file("/proc/self/status", 1 << 20).value().size(), 100u);
  EXPECT_EQ(read_file("/proc/self/status", 100).error().code, Errc::limit);
}

TEST_F(Files, ReadsNothingButRegularFiles) {
  put(in("target"), "secret");
  ASSERT_EQ(symlink("target", in("link").c_str()), 0);
  ASSERT_EQ(mkfifo(in("fifo").c_str(), 0600),
            0);  // without a writer: a plain open would wait for ever
  EXPECT_NE(read_file(in("link"), 100).error().message.find("symbolic link"), std::string::npos);
  EXPECT_NE(read_file(in("fifo"), 100).error().message.find("not a regular file"),
            std::string::npos);
  EXPECT_EQ(read_file(directory_.path(), 100).error().code, Errc::io);
  EXPECT_EQ(read_file("/dev/zero", 100).error().code, Errc::io);
  EXPECT_EQ(read_file(in("none"), 100).error().code, Errc::not_found);
}

TEST_F(Files, WritingReplacesTheWholeFileAndLeavesNothingElse) {
  put(in("target"), "old");
  ASSERT_EQ(symlink("target", in("link").c_str()), 0);
  ASSERT_TRUE(write_file(in("link"), "new"));
  EXPECT_FALSE(fs::is_symlink(in("link")));
  EXPECT_EQ(read_file(in("target"), 10).value(), "old") << "a link is replaced, never followed";
  EXPECT_EQ(entries(), 2u);
}

TEST_F(Files, AReaderKeepsTheOldContentWhileItIsReplaced) {
  put(in("a"), "old");
  const int fd = open(in("a").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_TRUE(write_file(in("a"), "new"));
  char buffer[4] = {};
  EXPECT_EQ(read(fd, buffer, 3), 3);
  close(fd);
  EXPECT_STREQ(buffer, "old");
}

TEST_F(Files, AFailedWriteLeavesTheOldContentAndNoTemporaryFile) {
  ASSERT_EQ(mkdir(in("taken").c_str(), 0700), 0);
  put(in("taken/x"), "");
  EXPECT_EQ(write_file(in("taken"), "text").error().code, Errc::io);
  EXPECT_EQ(entries(), 1u);
  EXPECT_EQ(write_file(in("none/a"), "text").error().code, Errc::not_found);
  EXPECT_TRUE(write_file(in(std::string(255, 'n')), "text"))
      << "the longest name leaves room for no suffix";
  EXPECT_FALSE(write_file(in(std::string(256, 'n')), "text"));
  EXPECT_EQ(entries(), 2u);
}

TEST_F(Files, AFullDiskIsToldApart) {
  // /dev/full cannot be renamed to; a file size limit takes the same path with another number.
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {100, 100};
    setrlimit(RLIMIT_FSIZE, &limit);
    const bool refused = !write_file(in("a"), std::string(1000, 'x'));
    _exit(refused && entries() == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(error_from_errno(ENOSPC, "x").code, Errc::disk_full);
}

TEST_F(Files, MakesDirectoriesWithTheirParents) {
  ASSERT_TRUE(make_directories(in("a//b/c/")));
  EXPECT_TRUE(fs::is_directory(in("a/b/c")));
  ASSERT_TRUE(make_directories(in("a/b"))) << "existing ones are fine";
  ASSERT_TRUE(make_directories(in("p/q"), {.private_mode = true}));
  EXPECT_EQ(mode_of(in("p")), 0700u);
  EXPECT_EQ(mode_of(in("p/q")), 0700u);
}

TEST_F(Files, SaysWhyADirectoryCannotBeMade) {
  put(in("file"), "");
  EXPECT_NE(make_directories(in("file")).error().message.find("Not a directory"),
            std::string::npos);
  EXPECT_NE(make_directories(in("file/a")).error().message.find("Not a directory"),
            std::string::npos);
  EXPECT_FALSE(make_directories(""));
  const std::string refused = make_directories("/sys/melisai/a/b").error().message;
  EXPECT_EQ(refused.find("No such file"), std::string::npos)
      << "the first one's error, not that of those below it: " << refused;
}

TEST_F(Files, RemovesTreesWithoutFollowingLinks) {
  fs::create_directories(in("outside"));
  put(in("outside/keep"), "");
  fs::create_directories(in("tree/sub/deeper"));
  put(in("tree/sub/file"), "");
  ASSERT_EQ(symlink(in("outside").c_str(), in("tree/sub/link").c_str()), 0);
  ASSERT_EQ(symlink("..", in("tree/up").c_str()), 0);
  ASSERT_EQ(mkfifo(in("tree/fifo").c_str(), 0600), 0);
  ASSERT_TRUE(remove_tree(in("tree")));
  EXPECT_FALSE(fs::exists(in("tree")));
  EXPECT_TRUE(fs::exists(in("outside/keep")));
}

TEST_F(Files, RemovesALinkAndNotWhatItNames) {
  fs::create_directories(in("outside"));
  put(in("outside/keep"), "");
  ASSERT_EQ(symlink("outside", in("link").c_str()), 0);
  ASSERT_TRUE(remove_tree(in("link/"))) << "a slash at the end would follow it";
  EXPECT_FALSE(fs::is_symlink(fs::symlink_status(in("link"))));
  EXPECT_TRUE(fs::exists(in("outside/keep")));
}

TEST_F(Files, RemovingNothingIsFine) { EXPECT_TRUE(remove_tree(in("none"))); }

TEST_F(Files, RefusesToRemoveWhatNoTreeOfOursIsCalled) {
  for (const char* path : {"", "/", "//", ".", "..", "a/..", "a/../"})
    EXPECT_FALSE(remove_tree(path)) << path;
}

// Runs without root's rights, which see no modes.
TEST_F(Files, RemovesDirectoriesThatABenchmarkMadeReadOnly) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 &&
        (chown(directory_.path().c_str(), kNobody, kNobody) != 0 || setuid(kNobody) != 0))
      _exit(2);
    fs::create_directories(in("tree/a/b"));
    put(in("tree/a/b/file"), "");
    fs::create_directories(in("tree/none/c"));
    chmod(in("tree/a/b").c_str(), 0500);
    chmod(in("tree/a").c_str(), 0400);
    chmod(in("tree/none").c_str(), 0);
    chmod(in("tree").c_str(), 0500);
    const Result<void> removed = remove_tree(in("tree"));
    if (!removed) fprintf(stderr, "%s\n", removed.error().message.c_str());
    _exit(removed && !fs::exists(in("tree")) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(Files, RemovesWhatItCanAndNamesWhatStayed) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to make a directory of another user";
  fs::create_directories(in("tree/theirs"));
  put(in("tree/theirs/file"), "");
  fs::create_directories(in("tree/z"));
  ASSERT_EQ(chmod(in("tree/theirs").c_str(), 0755), 0);
  for (const char* path : {".", "tree", "tree/z"})
    ASSERT_EQ(chown(in(path).c_str(), kNobody, kNobody), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(kNobody) != 0) _exit(2);
    const Result<void> removed = remove_tree(in("tree"));
    const bool named = !removed && removed.error().message.find("'file'") != std::string::npos;
    _exit(named && !fs::exists(in("tree/z")) && fs::exists(in("tree/theirs/file")) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(Files, RemovesTreesDeeperThanAPathAndTheOpenFiles) {
  constexpr int kDepth = 900;  // 5 bytes each: past PATH_MAX
  int fd = open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_EQ(mkdirat(fd, "deep", 0700), 0);
    const int next = openat(fd, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(fd);
    fd = next;
  }
  close(fd);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few = {32, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const Result<void> removed = remove_tree(in("deep"));
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Files, RemovesWideTrees) {
  fs::create_directories(in("wide"));
  for (int i = 0; i < 500; ++i) {
    if (i % 10 == 0) fs::create_directories(in("wide/d" + std::to_string(i) + "/x"));
    put(in("wide/f" + std::to_string(i)), "");
  }
  ASSERT_TRUE(remove_tree(in("wide")));
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Files, TailsStartWithALine) {
  put(in("log"), "first\nsecond\nthird\n");
  EXPECT_EQ(file_tail(in("log"), 100), "first\nsecond\nthird\n");
  EXPECT_EQ(file_tail(in("log"), 19), "first\nsecond\nthird\n");
  EXPECT_EQ(file_tail(in("log"), 18), "second\nthird\n");
  EXPECT_EQ(file_tail(in("log"), 13), "second\nthird\n") << "already the start of a line";
  EXPECT_EQ(file_tail(in("log"), 12), "third\n");
  EXPECT_EQ(file_tail(in("log"), 0), "");
}

TEST_F(Files, TailOfOneEndlessLineStartsWithACharacter) {
  put(in("log"), "\xC3\xA9\xC3\xA9\xC3\xA9");
  EXPECT_EQ(file_tail(in("log"), 4), "\xC3\xA9\xC3\xA9");
  EXPECT_EQ(file_tail(in("log"), 3), "\xC3\xA9");
  put(in("log"), "aaaa\n");
  EXPECT_EQ(file_tail(in("log"), 3), "aa\n") << "the only line end is the last character";
}

TEST_F(Files, TailOfWhatIsNoFileIsEmpty) {
  ASSERT_EQ(symlink("/proc/self/status", in("link").c_str()), 0);
  ASSERT_EQ(mkfifo(in("fifo").c_str(), 0600), 0);
  EXPECT_EQ(file_tail(in("link"), 100), "");
  EXPECT_EQ(file_tail(in("fifo"), 100), "");
  EXPECT_EQ(file_tail(in("none"), 100), "");
}

TEST_F(Files, TemporaryDirectoriesArePrivateAndRemovedOnce) {
  std::string path;
  ::testing::internal::CaptureStderr();  // a second removal would be logged
  {
    TemporaryDirectory made = TemporaryDirectory::make(directory_.path(), "t-").value();
    const TemporaryDirectory moved = std::move(made);
    path = moved.path();
    EXPECT_EQ(mode_of(path), 0700u);
    put(path + "/file", "");
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(Files, TemporaryDirectoriesCanBeKept) {
  std::string path;
  {
    TemporaryDirectory made = TemporaryDirectory::make(directory_.path(), "t-").value();
    made.keep();
    path = made.path();
  }
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_EQ(TemporaryDirectory::make(in("none"), "t-").error().code, Errc::not_found);
}

}  // namespace
}  // namespace melisai

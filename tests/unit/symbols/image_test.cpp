#include "core/symbols/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "core/base/files.h"
#include "core/symbols/checksum.h"
#include "core/symbols/symbols.h"
#include "tests/unit/symbols/elf_fixture.h"

namespace melisai::symbols {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(Checksum, IsTheOneOfZlib) {
  EXPECT_EQ(checksum("123456789"), 0xCBF43926u);
  EXPECT_EQ(checksum("6789", checksum("12345")), 0xCBF43926u);
}

TEST(ParseMaps, ReadsExecutableMappings) {
  const auto maps = parse_maps(
      "55d0000-55d1000 r--p 00000000 08:01 11 /opt/app\n"
      "55d1000-55d3000 r-xp 00001000 08:01 11                       /opt/my app (deleted)\n"
      "7ffc000-7ffc200 r-xp 00000000 00:00 0  [vdso]\n"
      "7ffd000-7ffe000 rwxp 00000000 00:00 0 \n");
  ASSERT_EQ(maps.size(), 3u);
  EXPECT_EQ(maps[0], (Mapping{0x55d1000, 0x55d3000, 0x1000, "/opt/my app (deleted)", 11}));
  EXPECT_EQ(plain_path(maps[0]), "/opt/my app");
  EXPECT_EQ(maps[1].path, "[vdso]");
  EXPECT_EQ(maps[2].path, "");
}

TEST(ParseMaps, SkipsOtherLines) {
  EXPECT_TRUE(parse_maps("garbage\n\n1-2\n5-1 r-xp 0 08:01 1 /x\n1-z r-xp 0 08:01 1 /x\n").empty());
}

TEST(Mapping, IsOfALibraryOrNot) {
  EXPECT_TRUE(is_library("/usr/lib/x86_64-linux-gnu/libc.so.6"));
  EXPECT_TRUE(is_library("[vdso]"));
  EXPECT_FALSE(is_library("/home/me/build/libmine.so"));
  EXPECT_FALSE(is_library("/usr/bin/gzip"));
  EXPECT_FALSE(is_library("/library/proj/app"));
  EXPECT_FALSE(is_library("/usr/library/proj/app"));
  for (const char* path : {"", "//anon", "/memfd:jit (deleted)", "[stack]", "/dev/zero", "/SYSV00"})
    EXPECT_FALSE(is_file({.path = path})) << path;
}

class ImageFiles : public ::testing::Test {
 protected:
  ImageFiles() {
    for (const char* folder : {"/proc/7/root/opt", "/debug/.build-id/01", "/bin/.debug"})
      fs::create_directories(here() + folder);
  }
  std::string here() const { return directory_.path(); }
  Images images() const { return Images({.proc = here() + "/proc", .debug = here() + "/debug"}); }
  std::string put(const std::string& path, const MadeElf& made) const {
    return write_bytes(here() + path, elf_bytes(made));
  }
  static std::uint64_t inode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    return status.st_ino;
  }
  std::string first_name(const ElfFile& file, const std::string& path) const {
    Bytes left = kTablesBytesMax;
    const auto table = images().symbols(file, path, left);
    const auto symbol = table ? table->find(0x401000) : std::nullopt;
    return symbol ? std::string(symbol->name) : "";
  }

  TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp", "images-");
};

MadeElf with(const std::string& function, const std::string& id = "\x01\x02\x03") {
  return {.symtab = {{function, 0x401000, 0x10}}, .build_id = id};
}

TEST_F(ImageFiles, AreLookedForInTheRootOfTheProcessFirst) {
  put("/proc/7/root/opt/app", with("inside"));
  const std::string outside = put("/bin/app", with("outside"));
  const auto file = images().open(7, {.path = "/opt/app"});
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(first_name(*file, "/opt/app"), "inside");
  EXPECT_TRUE(images().open(8, {.path = outside})) << "gone: its path here";
}

TEST_F(ImageFiles, AreNotFollowedOutOfThatRoot) {
  put("/secret", with("outside"));
  fs::create_symlink(here() + "/secret", here() + "/proc/7/root/opt/app");
  EXPECT_FALSE(images().open(7, {.path = "/opt/app"}));
}

TEST_F(ImageFiles, MustBeWhatWasMapped) {
  const std::string path = put("/bin/app", with("f"));
  const std::uint64_t inode = inode_of(path);
  EXPECT_TRUE(images().open(9, {.path = path, .inode = inode}));
  EXPECT_THAT(images().open(9, {.path = path, .inode = inode + 1}).error().message,
              HasSubstr("another file lies there now"));
  EXPECT_TRUE(images().open(9, {.path = path, .inode = inode + 1, .build_id = "010203"}))
      << "the build id decides where it is known";
  EXPECT_FALSE(images().open(9, {.path = path, .inode = inode, .build_id = "ffff"}));
  EXPECT_EQ(images().open(9, {.path = path + " (deleted)", .inode = inode + 1}).error().code,
            Errc::not_found);
}

TEST_F(ImageFiles, OfDeletedFilesComeFromTheProcess) {
  fs::create_directories(here() + "/proc/7/map_files");
  put("/proc/7/map_files/1000-2000", with("still_here"));
  const auto file =
      images().open(7, {.start = 0x1000, .end = 0x2000, .path = "/gone/app (deleted)"});
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(first_name(*file, "/gone/app"), "still_here");
}

TEST_F(ImageFiles, OpenNoPipesAndNoDevices) {
  // To open a device may be to do something, and a pipe shows it as well.
  const std::string path = here() + "/bin/pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const Fd opened(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  ASSERT_GE(inotify_add_watch(opened.get(), path.c_str(), IN_OPEN), 0);
  EXPECT_THAT(images().open(9, {.path = path}).error().message, HasSubstr("not a regular file"));
  std::array<char, 4096> events{};
  EXPECT_LT(read(opened.get(), events.data(), events.size()), 0) << "it was opened";
}

TEST_F(ImageFiles, OfStrippedProgramsHaveTheirSymbolsElsewhere) {
  MadeElf stripped = with("f");
  stripped.symtab.clear();
  stripped.dynsym = {{"exported", 0x401000, 0x10}};
  const std::string path = put("/bin/app", stripped);
  const auto file = images().open(9, {.path = path});
  ASSERT_TRUE(file);
  EXPECT_EQ(first_name(*file, path), "exported") << "nothing better anywhere";
  put("/debug/.build-id/01/0203.debug", with("other_build", "\x09"));
  EXPECT_EQ(first_name(*file, path), "exported") << "a debug file of another build";
  put("/debug/.build-id/01/0203.debug", with("from_debug_file"));
  EXPECT_EQ(first_name(*file, path), "from_debug_file");
}

TEST_F(ImageFiles, FollowDebugLinksByTheirChecksum) {
  const std::string debug = elf_bytes(with("linked", ""));
  MadeElf stripped{
      .dynsym = {{"exported", 0x401000, 0x10}}, .link = "app.debug", .link_crc = checksum(debug)};
  const std::string path = put("/bin/app", stripped);
  const auto file = images().open(9, {.path = path});
  ASSERT_TRUE(file);
  write_bytes(here() + "/bin/.debug/app.debug", debug);
  EXPECT_EQ(first_name(*file, path), "linked");
  write_bytes(here() + "/bin/.debug/app.debug", debug + "x");
  EXPECT_EQ(first_name(*file, path), "exported") << "another file than the link means";
}

}  // namespace
}  // namespace melisai::symbols

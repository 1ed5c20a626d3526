#include "core/flame/collected.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "core/base/files.h"
#include "tests/unit/symbols/elf_fixture.h"

namespace melisai::flame {
namespace {

using ::testing::HasSubstr;

class CollectedProfile : public ::testing::Test {
 protected:
  CollectedProfile() {
    const symbols::MadeElf made{.symtab = {{"main", 0x401000, 0x20},
                                           {"_ZN5Cache3getEi", 0x401020, 0x20},
                                           {"copy", 0x401040, 0x20}},
                                .build_id = "\x01\x02\x03\x04"};
    std::string bytes = with_call(elf_bytes(made), made, 0x401008, 0x401020);
    for (const std::size_t at : {4112u, 4126u}) bytes.replace(at, 2, "\xff\xd0");  // call *%rax
    symbols::write_bytes(app(), bytes);
  }
  std::string app() const { return directory_.path() + "/app"; }
  Named named(const std::string& stacks, Weight weight = Weight::count) {
    const auto collected =
        collected_stacks_from_json(R"({"files":[{"path":")" + app() +
                                   R"(","build_id":"01020304"}],"stacks":[)" + stacks + "]}");
    EXPECT_TRUE(collected) << collected.error().message;
    return name_stacks(*collected, weight, symbolizer_);
  }

  TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp", "collected-");
  symbols::Symbolizer symbolizer_{{.proc = directory_.path(), .debug = directory_.path()}};
};

TEST_F(CollectedProfile, GetsNamesFromTheRootOn) {
  // 4128 is where Cache::get begins, and where a call that ends main returns to.
  const Named profile = named(R"({"pid":7,"comm":"app","count":12,"user":[[0,4133],[0,4128]],)"
                              R"("kernel":["schedule","futex_wait"]})");
  EXPECT_EQ(to_folded(profile.stacks), "app;main;Cache::get(int);futex_wait_[k];schedule_[k] 12\n");
  EXPECT_EQ(profile.advice, "");
}

TEST_F(CollectedProfile, NamesTheCallerOfAFunctionWithoutAFrame) {
  // copy() has no frame: the walk finds main, which has called Cache::get and returns to 4109.
  const Named profile =
      named(R"({"pid":7,"comm":"app","count":2,"user":[[0,4164],[0,4109]],"kernel":[]})");
  EXPECT_EQ(to_folded(profile.stacks), "app;main;Cache::get(int);copy 2\n");
  const Named whole =
      named(R"({"pid":7,"comm":"app","count":2,"user":[[0,4130],[0,4109]],"kernel":[]})");
  EXPECT_EQ(to_folded(whole.stacks), "app;main;Cache::get(int) 2\n") << "it is there already";
}

TEST_F(CollectedProfile, TakesNoNamesOfAFileThatOnlyHasThePath) {
  // As of a container whose files have no build id, seen from outside.
  const std::string stack = R"({"pid":7,"comm":"app","count":2,"user":[[0,4164]],"kernel":[]})";
  const auto folded_with = [&](std::uint64_t inode) {
    const auto collected = collected_stacks_from_json(
        R"({"files":[{"path":")" + app() + R"(","build_id":"","inode":)" + std::to_string(inode) +
        R"(}],"stacks":[)" + stack + "]}");
    EXPECT_TRUE(collected) << collected.error().message;
    return to_folded(name_stacks(*collected, Weight::count, symbolizer_).stacks);
  };
  struct stat status {};
  ASSERT_EQ(stat(app().c_str(), &status), 0);
  EXPECT_EQ(folded_with(status.st_ino), "app;copy 2\n");
  EXPECT_EQ(folded_with(status.st_ino + 1), "app;[app] 2\n");
  EXPECT_THAT(symbolizer_.problems()[0], HasSubstr("another file lies there now"));
}

class BelowALibrary : public CollectedProfile {
 protected:
  /// A profile of the C library that this test runs with, below `user`; `top` lies on its stack.
  std::string folded_below_libc(const std::string& user, const std::string& top) {
    const auto collected = collected_stacks_from_json(
        R"({"files":[{"path":")" + app() + R"(","build_id":"01020304"},{"path":")" +
        std::string(libc()) + R"("}],"stacks":[{"pid":7,"comm":"app","count":2,"user":[[1,0])" +
        user + R"(],"top":[)" + top + "]}]}");
    EXPECT_TRUE(collected) << collected.error().message;
    return to_folded(name_stacks(*collected, Weight::count, symbolizer_).stacks);
  }
  static std::string libc() {
    Dl_info info{};
    dladdr(reinterpret_cast<void*>(&std::qsort), &info);
    return info.dli_fname;
  }
};

TEST_F(BelowALibrary, TheCallerLiesOnTopOfTheStack) {
  if (!symbols::is_library(libc())) GTEST_SKIP() << libc() << " is no library of the system";
  // 4114 is past a call by a pointer, in main; 4150 is past none.
  EXPECT_EQ(folded_below_libc("", "[1,64],[-1,5],[0,4150],[0,4114],[0,4109]"),
            "app;main;[libc.so.6] 2\n");
  EXPECT_EQ(folded_below_libc(",[0,4170]", "[0,4114]"), "app;copy;main;[libc.so.6] 2\n");
  EXPECT_EQ(folded_below_libc(",[0,4114]", "[0,4114]"), "app;main;[libc.so.6] 2\n")
      << "it is there already";
  EXPECT_EQ(folded_below_libc("", "[0,4150]"), "app;[libc.so.6] 2\n");
  EXPECT_EQ(folded_below_libc("", "[0,4128]"), "app;[libc.so.6] 2\n") << "a pointer to Cache::get";
}

TEST_F(CollectedProfile, BelievesNoStackBelowTheProgramItself) {
  EXPECT_EQ(
      to_folded(
          named(R"({"pid":7,"comm":"app","count":2,"user":[[0,4164]],"top":[[0,4114]]})").stacks),
      "app;copy 2\n")
      << "what lies there may be left over from a call that has ended";
}

TEST_F(CollectedProfile, WeighsByTimeOrByCount) {
  const std::string stack =
      R"({"pid":7,"comm":"app","count":3,"total_ns":41000000,"user":[[0,4118]],"kernel":[]})";
  EXPECT_EQ(to_folded(named(stack).stacks), "app;main 3\n");
  EXPECT_EQ(to_folded(named(stack, Weight::time).stacks), "app;main 41000000\n");
}

TEST_F(CollectedProfile, SaysWhereItsFunctionsAre) {
  const Named profile = named(
      R"({"pid":7,"comm":"app","count":12,"user":[[0,4133],[0,4128]],"kernel":["futex_wait"]})");
  ASSERT_TRUE(profile.places.contains({"Cache::get(int)", FrameKind::program}));
  const symbols::Frame& frame =
      symbolizer_.frame(profile.places.at({"Cache::get(int)", FrameKind::program}));
  EXPECT_EQ(frame.path, app());
  EXPECT_EQ(frame.address, 0x401020u);
  EXPECT_TRUE(profile.places.contains({"main", FrameKind::program}));
}

TEST_F(CollectedProfile, HasAPlaceForWhatNobodyKnows) {
  const Named profile = named(
      R"({"pid":7,"comm":"app","count":2,"user":[[-1,140000000000000],[0,9999999]],"kernel":[]})");
  EXPECT_EQ(to_folded(profile.stacks), "app;[app];[unknown] 2\n");
  EXPECT_THAT(profile.advice, HasSubstr("frame pointers"));
}

TEST(CollectedStacks, RefusesWhatIsNone) {
  for (const char* json : {"", "[]", "{}", R"({"files":[],"stacks":{}})", R"({"files":1})"})
    EXPECT_FALSE(collected_stacks_from_json(json)) << json;
}

TEST(CollectedStacks, BelievesNoNumber) {
  const auto read = collected_stacks_from_json(
      R"({"files":[{"path":5,"build_id":"../../x"}],"stacks":[7,{"pid":-1,"comm":["x"],
      "count":"many","total_ns":-5,"user":[[9,1],[0,-1],[0],"x",[0,1.5],[0,18446744073709551615]],
      "kernel":[1,"\u001b[2J"]}]})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->files[0], CollectedFile{});
  ASSERT_EQ(read->stacks.size(), 2u);
  const CollectedStack& stack = read->stacks[1];
  EXPECT_EQ(stack.pid, 0u);
  EXPECT_EQ(stack.count, 0);
  EXPECT_EQ(stack.total_ns, 0);
  ASSERT_EQ(stack.user.size(), 6u);
  EXPECT_EQ(stack.user[0].file, -1) << "a file that is not in the list";
  EXPECT_EQ(stack.user[5], (CollectedFrame{0, 18446744073709551615u}));
  EXPECT_EQ(stack.kernel[1], "?[2J");
}

}  // namespace
}  // namespace melisai::flame

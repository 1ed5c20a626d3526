#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// What the sqlite3 shell would do to a file.
void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
  sqlite3_free(error);
  sqlite3_close(handle);
}

class DamagedStore : public StoreTest {
 protected:
  DamagedStore() { EXPECT_TRUE(make_directories(state_dir)); }

  void finish_one() {
    Store store = writer();
    finished(store, fixtures::pass_report(), green());
  }
  /// Of opening it, for a writer and for a reader alike.
  Error refusal() {
    const auto for_writer = open_writer();
    const auto for_reader = Store::open_reader(state_dir);
    EXPECT_FALSE(for_writer);
    EXPECT_FALSE(for_reader);
    if (for_writer || for_reader) return {};
    EXPECT_EQ(for_writer.error(), for_reader.error());
    return for_writer.error();
  }
};

TEST_F(DamagedStore, IsRefusedWhenItIsNoDatabase) {
  write_text(database, std::string(5'000, 'x'));
  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::io);
  EXPECT_THAT(error.message, AllOf(HasSubstr(database), HasSubstr("move it away")));
  EXPECT_EQ(read_text(database), std::string(5'000, 'x'));
}

TEST_F(DamagedStore, IsRefusedAndLeftAloneWhenItIsAnotherProgramsDatabase) {
  run_sql(database, "CREATE TABLE runs (id INTEGER PRIMARY KEY); PRAGMA user_version=1");
  const std::string before = read_text(database);
  EXPECT_THAT(refusal().message, HasSubstr("belongs to another program"));
  EXPECT_EQ(read_text(database), before);
}

TEST_F(DamagedStore, IsRefusedWhenItIsTruncated) {
  finish_one();
  std::filesystem::resize_file(database, 8'192);
  EXPECT_THAT(refusal().message, HasSubstr("move it away"));
  std::filesystem::resize_file(database, 1'000);
  EXPECT_THAT(refusal().message, HasSubstr("move it away"));
}

TEST_F(DamagedStore, IsMadeAnewWhenItIsEmpty) {
  write_text(database, "");
  const auto nothing = Store::open_reader(state_dir);
  ASSERT_TRUE(nothing) << nothing.error().message;
  EXPECT_FALSE(nothing->has_value());
  finish_one();
  EXPECT_EQ(reader().runs({})->size(), 1u);
}

TEST_F(DamagedStore, IsRefusedWhenANewerMelisaiGateWroteIt) {
  finish_one();
  run_sql(database, "PRAGMA user_version=7");
  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::unavailable);
  EXPECT_THAT(error.message, AllOf(HasSubstr("schema version 7"), HasSubstr("knows up to 2")));
}

TEST_F(DamagedStore, SaysSoWhenATableIsMissing) {
  finish_one();
  run_sql(database, "DROP TABLE stages");
  const auto run = reader().run(1);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::io);
  EXPECT_THAT(run.error().message, HasSubstr("move it away"));
}

TEST_F(DamagedStore, NamesTheRunWhoseReportCannotBeRead) {
  finish_one();
  run_sql(database, "UPDATE reports SET json = '{'");
  const auto run = reader().run(1);
  ASSERT_FALSE(run);
  EXPECT_THAT(run.error().message, HasSubstr("run 1: report: not JSON"));
}

TEST_F(DamagedStore, TakesNoWordsAndNumbersThatItWouldNotWrite) {
  finish_one();
  run_sql(database, "UPDATE runs SET verdict = 'splendid'");
  EXPECT_EQ(reader().runs({}).error().code, Errc::io);
  run_sql(database, "UPDATE samples SET base = 9e999");
  EXPECT_EQ(
      reader().for_each_pair(1, [](const StoredPair&) -> Result<void> { return {}; }).error().code,
      Errc::io);
}

TEST_F(DamagedStore, RunsNoTriggersOfStrangers) {
  finish_one();
  run_sql(database, "CREATE TRIGGER evil AFTER INSERT ON runs BEGIN DELETE FROM baselines; END");
  Store store = writer();
  begin(store);
  EXPECT_EQ(store.baselines("")->size(), 1u);
}

TEST_F(DamagedStore, SurvivesRandomBytesAnywhere) {
  finish_one();
  const std::string good = read_text(database);
  for (std::size_t at_byte = 0; at_byte < good.size(); at_byte += 997) {
    std::string bad = good;
    for (std::size_t i = at_byte; i < std::min(at_byte + 40, bad.size()); ++i)
      bad[i] = static_cast<char>(bad[i] ^ 0x5a);
    std::filesystem::remove(database + "-wal");
    std::filesystem::remove(database + "-shm");
    write_text(database, bad);
    auto store = open_writer();
    if (!store) continue;
    (void)store->runs({});
    (void)store->run(1);
    (void)store->for_each_pair(1, [](const StoredPair&) -> Result<void> { return {}; });
    (void)store->baselines("");
    if (const auto run = store->begin_run(start()))
      (void)store->finish_run(*run, fixtures::pass_report(), green());
    (void)store->collect_garbage({.runs_max = 0}, at(kNow));
  }
}

class FullDisk : public StoreTest {};

/// Fills a file system of 1 MiB; 0 when the error is right and everything before it is there.
int fill(const std::string& state_dir, const RunStart& start) {
  std::map<SeriesId, Values> values;
  for (int i = 0; i < 500; ++i) values[{"suite", "m" + std::to_string(i)}] = {1, 2};
  int last = 0;
  {
    auto store = Store::open_writer(state_dir, {.command = "writer"}, at(kNow));
    if (!store || !store->begin_run(start)) return 2;
    for (int index = 1; index < 10'000; ++index) {
      const auto done = store->add_pair(1, "suite", measured(index, values));
      if (!done && done.error().code != Errc::disk_full) return 3;
      if (!done) break;
      last = index;
    }
    // Whatever fails, fails the same way.
    const auto finish = store->finish_run(1, fixtures::pass_report(), {});
    if (!finish && finish.error().code != Errc::disk_full) return 4;
  }
  const auto store = Store::open_reader(state_dir);
  if (!store || !store->has_value()) return 5;
  const auto runs = (*store)->runs({});
  if (!runs) return 6;
  return last > 1 && runs->at(0).pairs == last ? 0 : 7;
}

constexpr int kNoMount = 77;

TEST_F(FullDisk, IsSaidAndLosesNothing) {
  ASSERT_TRUE(make_directories(state_dir));
  const pid_t pid = start_child([&] {
    // In a mount namespace of its own, so that the file system ends with this child.
    if (unshare(CLONE_NEWNS) != 0) return kNoMount;
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kNoMount;
    if (mount("tmpfs", state_dir.c_str(), "tmpfs", 0, "size=1m") != 0) return kNoMount;
    return fill(state_dir, start());
  });
  const int code = wait_for(pid);
  if (code == kNoMount) GTEST_SKIP() << "no right to mount a small file system";
  EXPECT_EQ(code, 0);
}

class ReadOnlyDirectory : public StoreTest {
 protected:
  /// Reads as an ordinary user who may not write there: the message, or how many runs there are.
  std::string as_a_guest() {
    std::filesystem::permissions(temporary.path(), std::filesystem::perms(0755));
    for (const auto& entry : std::filesystem::directory_iterator(state_dir))
      std::filesystem::permissions(entry.path(), std::filesystem::perms(0444));
    std::filesystem::permissions(state_dir, std::filesystem::perms(0555));
    const pid_t pid = start_child([&] {
      constexpr uid_t kNobody = 65534;
      if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) return 1;
      const auto store = Store::open_reader(state_dir);
      if (!store)
        return store.error().message.find("still in its -wal file") != std::string::npos ? 100
                                                                                         : 101;
      if (!store->has_value()) return 2;
      const auto runs = (*store)->runs({});
      return runs ? 10 + static_cast<int>(runs->size()) : 3;
    });
    const int code = wait_for(pid);
    std::filesystem::permissions(state_dir, std::filesystem::perms(0755));
    if (code == 100) return "work in the -wal";
    return code > 10 && code < 100 ? std::to_string(code - 10) + " runs"
                                   : "code " + std::to_string(code);
  }
};

TEST_F(ReadOnlyDirectory, IsReadWhenItsWriterLeftInOrder) {
  {
    Store store = writer();
    finished(store, fixtures::pass_report(), green());
  }
  ASSERT_FALSE(std::filesystem::exists(database + "-wal"));
  EXPECT_EQ(as_a_guest(), "1 runs");
}

TEST_F(ReadOnlyDirectory, IsRefusedWhenWorkIsLeftInTheLog) {
  const pid_t pid = start_child([&] {
    Store store = writer();
    begin(store);
    raise(SIGKILL);
    return 0;
  });
  ASSERT_EQ(wait_for(pid), -SIGKILL);
  std::filesystem::remove(database + "-shm");
  EXPECT_EQ(as_a_guest(), "work in the -wal");
}

}  // namespace
}  // namespace melisai::store

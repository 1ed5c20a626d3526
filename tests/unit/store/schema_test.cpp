#include "core/store/schema.h"

#include <filesystem>

#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// One more version than there is: what the next developer will add.
std::vector<std::string_view> one_more_version() {
  std::vector<std::string_view> steps(store_schema().steps.begin(), store_schema().steps.end());
  steps.push_back(
      "ALTER TABLE runs ADD COLUMN hostname TEXT NOT NULL DEFAULT 'unknown';"
      "CREATE TABLE hosts (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID");
  return steps;
}

Schema with(const std::vector<std::string_view>& steps) {
  return {.application_id = store_schema().application_id, .steps = steps};
}

class SchemaOfTheStore : public StoreTest {
 protected:
  SchemaOfTheStore() { EXPECT_TRUE(make_directories(state_dir)); }

  /// The file as that version left it.
  void load_fixture(const std::string& name) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(database.c_str(), &handle), SQLITE_OK);
    const std::string sql = read_text(MELISAI_SOURCE_DIR "/tests/data/store/" + name);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_free(error);
    sqlite3_close(handle);
  }
  Database open(Database::Mode mode) {
    auto opened = Database::open(database, mode);
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }
  static void expect_content_of_v1(const Store& store) {
    const auto run = store.run(1);
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(run->summary.state, RunState::finished);
    EXPECT_EQ(run->summary.verdict, Verdict::regression);
    EXPECT_EQ(run->machine, fixtures::regression_report().machine);
    ASSERT_TRUE(run->report);
    EXPECT_EQ(run->report->benchmarks.size(), fixtures::regression_report().benchmarks.size());
    ASSERT_EQ(run->stages.size(), 2u);
    EXPECT_EQ(run->stages[0].result, fixtures::regression_report().stages[0]);
    EXPECT_EQ(store.run(2)->summary.state, RunState::abandoned);
    const auto pairs = pairs_of(store, 2);
    ASSERT_EQ(pairs.size(), 2u);
    EXPECT_EQ(pairs[1].base, 0.1);
    EXPECT_EQ(pairs[1].disturbed, "other processes used 0.62 CPUs");
    ASSERT_EQ(store.baselines("")->size(), 1u);
    EXPECT_TRUE(store.baselines("")->at(0).pinned);
    ASSERT_EQ(store.acknowledgements("my-app")->size(), 1u);
    EXPECT_EQ(store.acknowledgements("my-app")->at(0).what.up_to, 0.1);
  }
};

TEST_F(SchemaOfTheStore, OfVersion1IsRead) {
  load_fixture("v1.sql");
  expect_content_of_v1(reader());
}

TEST_F(SchemaOfTheStore, OfVersion1IsWritten) {
  load_fixture("v1.sql");
  {
    Store store = writer();
    expect_content_of_v1(store);
    EXPECT_EQ(finished(store, fixtures::pass_report(), green()), 4);  // 3 was removed once
  }
  expect_content_of_v1(reader());
}

TEST_F(SchemaOfTheStore, OfVersion2IsRead) {
  load_fixture("v2.sql");
  expect_content_of_v1(reader());
}

TEST_F(SchemaOfTheStore, IsWhatItsFixtureSays) {
  writer();
  const auto schema = [&](const Database& opened) {
    std::string text;
    auto query = opened.prepare(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
        "ORDER BY name");
    EXPECT_TRUE(query) << query.error().message;
    while (*query->step()) text += query->text(0) + "\n";
    return text;
  };
  const std::string fresh = schema(open(Database::Mode::write));
  std::filesystem::remove(database);
  load_fixture("v2.sql");
  EXPECT_EQ(schema(open(Database::Mode::write)), fresh)
      << "a released version never changes: append a migration and a fixture instead";
}

TEST_F(SchemaOfTheStore, IsBroughtToTheNextVersionInPlace) {
  load_fixture("v1.sql");
  const auto steps = one_more_version();
  const Database database_v1 = open(Database::Mode::write);
  const auto migrated = migrate(database_v1, with(steps));
  ASSERT_TRUE(migrated) << migrated.error().message;
  EXPECT_EQ(*version_of(database_v1, with(steps)), 3);
  EXPECT_EQ(*database_v1.number("SELECT count(*) FROM runs WHERE hostname = 'unknown'"), 2);
  EXPECT_TRUE(migrate(database_v1, with(steps)));  // nothing left to do

  const auto refused = version_of(database_v1, store_schema());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("schema version 3"), HasSubstr("knows up to 2")));
}

TEST_F(SchemaOfTheStore, IsBroughtToTheNextVersionInACopyForAReader) {
  load_fixture("v1.sql");
  const Database original = open(Database::Mode::read);
  const auto copy = original.copy();
  ASSERT_TRUE(copy) << copy.error().message;
  const auto steps = one_more_version();
  const auto migrated = migrate(*copy, with(steps));
  ASSERT_TRUE(migrated) << migrated.error().message;
  EXPECT_EQ(*version_of(*copy, with(steps)), 3);
  EXPECT_EQ(*copy->number("SELECT count(*) FROM runs WHERE hostname = 'unknown'"), 2);
  EXPECT_EQ(*version_of(original, with(steps)), 1);
}

TEST_F(SchemaOfTheStore, StaysAsItWasWhenAStepFails) {
  load_fixture("v1.sql");
  auto steps = one_more_version();
  steps.push_back("CREATE TABLE more (x) ; CREATE TABLE hosts (x)");
  const Database database_v1 = open(Database::Mode::write);
  EXPECT_FALSE(migrate(database_v1, with(steps)));
  EXPECT_EQ(*version_of(database_v1, with(steps)), 1);
  EXPECT_EQ(*database_v1.number("SELECT count(*) FROM sqlite_schema WHERE name = 'more'"), 0);
}

TEST_F(SchemaOfTheStore, KeepsAPlanForTheLongestQuery) {
  writer();
  auto query = open(Database::Mode::write);
  auto plan = query.prepare(
      "EXPLAIN QUERY PLAN SELECT p.number FROM pairs p CROSS JOIN samples x ON x.pair = p.id "
      "CROSS JOIN series s ON s.id = x.series WHERE p.run = 1 ORDER BY p.id, x.series");
  ASSERT_TRUE(plan) << plan.error().message;
  std::string text;
  while (*plan->step()) text += plan->text(3) + "\n";
  EXPECT_THAT(text, AllOf(HasSubstr("pairs_in_time_order"), ::testing::Not(HasSubstr("TEMP"))));
}

}  // namespace
}  // namespace melisai::store

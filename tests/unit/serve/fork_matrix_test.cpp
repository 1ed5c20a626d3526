// T20: who proposes x what happens x who approves x a new push. One row is one story; what runs in
// the end is told by the queue alone.
#include "core/api/hooks.h"
#include "core/serve/approver.h"
#include "core/serve/planner.h"
#include "tests/fakes/fake_clock.h"
#include "tests/unit/serve/loop_fixture.h"
#include "tests/unit/trigger/webhook_fixture.h"

namespace melisai::serve {
namespace fork_matrix_test {

using namespace std::chrono_literals;
using trigger::Json;

const std::string kTip(40, '1');
const std::string kOldHead(40, 'c');
const std::string kNewHead(40, 'd');
const std::string kStrangersFile =
    "version: 1\npipelines: { theirs: { trigger: on_commit, run: steal } }\n";
const std::string kOurFile = "version: 1\npipelines: { ours: { trigger: on_commit, run: make } }\n";

enum class From { fork, same_repository, deleted_fork };
enum class By {
  nobody,
  admin,
  admin_of_another_head,
  writer_naming_the_head,
  writer_naming_another_head,
  writer_naming_none,
  writer_naming_none_at_once,
  reader_naming_the_head,
  author_naming_the_head,  // who may not write
  writers_label,
  writers_other_label,
  readers_label,
  writer_but_the_forge_is_down
};

struct Row {
  const char* name;
  From from = From::fork;
  std::string event = "opened";
  By by = By::nobody;
  bool pushed_before = false;  // between the proposal and the approval
  bool pushed_after = false;   // after the approval, before anything was planned
  std::string runs;            // "" or "ours of c", the pipeline and the head
  bool waits = false;          // the head that is there in the end
};

class ForkMatrix : public WithLoop, public ::testing::WithParamInterface<Row> {
 protected:
  ForkMatrix() {
    time.wall = kNow;
    config.projects[0].webhook = {.secret = trigger::kSecret, .repository = "team/demo"};
    config.projects[0].branches = {"main"};
    git.commits[kTip][".melisai-gate.yaml"] = kOurFile;
    for (const std::string& head : {kOldHead, kNewHead})
      git.commits[head][".melisai-gate.yaml"] = kStrangersFile;
    git.base_sha = kTip;
    set_head(kOldHead);
  }
  ~ForkMatrix() override {
    bool stopped = false;
    approver.stop([&](const Result<void>&) { stopped = true; });
    turn_until([&] { return stopped; });
    planner.stop([](const Result<void>&) {});
  }

  void set_head(const std::string& head) {
    set_refs({{"refs/heads/main", kTip}, {"refs/pull/7/head", head}});
  }
  int deliver(const std::string& kind, const Json& payload) {
    const std::string body = payload.dump();
    return api::answer_hook(
               {.method = "POST",
                .target = "/hooks/github/demo",
                .path = "/hooks/github/demo",
                .query = {},
                .headers = {{"Content-Type", "application/json"},
                            {"X-GitHub-Event", kind},
                            {"X-GitHub-Delivery", "d-" + std::to_string(++deliveries)},
                            {"X-Hub-Signature-256",
                             "sha256=" + trigger::hmac_sha256(trigger::kSecret, body)}},
                .body = body,
                .peer = ""},
               hooks)
        .status;
  }
  Json proposal(const std::string& action, const std::string& head) {
    const char* const repositories[] = {"eve/demo", "team/demo", ""};
    Json payload = trigger::github_pull_request(
        action, repositories[static_cast<std::size_t>(GetParam().from)]);
    payload["pull_request"]["head"]["sha"] = head;
    payload["pull_request"]["updated_at"] = utc_time(time.now());
    return payload;
  }
  void tell(const std::string& action, const std::string& head) {
    EXPECT_EQ(deliver("pull_request", proposal(action, head)), 202);
  }
  void push() {
    set_head(kNewHead);
    tell("synchronize", kNewHead);
  }
  void comment(const std::string& login, const std::string& text) {
    Json payload = trigger::github_comment("created", text);
    payload["comment"]["user"] = {{"id", 50}, {"login", login}};
    payload["comment"]["author_association"] = "OWNER";  // which nobody looks at
    payload["comment"]["created_at"] = utc_time(time.now());
    EXPECT_EQ(deliver("issue_comment", payload), 202);
  }
  void label(const std::string& login, const std::string& name) {
    Json payload = proposal("labeled", kOldHead);
    payload["pull_request"]["labels"].push_back({{"name", "melisai-gate:approved"}});
    payload["label"] = {{"name", name}};
    payload["sender"] = {{"id", 51}, {"login", login}};
    EXPECT_EQ(deliver("pull_request", payload), 202);
  }
  void approve(By by) {
    if (by != By::writer_naming_none_at_once) time.advance(2min);
    const auto admin = [&](const std::string& head) {
      return queue.approve({.project = "demo", .number = 7, .sha = head, .by = "token ops"},
                           time.now());
    };
    const std::string name_old = "/melisai-gate approve " + kOldHead.substr(0, 12);
    switch (by) {
      case By::nobody: return;
      case By::admin: return (void)admin(kOldHead);
      case By::admin_of_another_head: return (void)admin(kNewHead);
      case By::writer_naming_the_head: return comment("wen", name_old);
      case By::writer_naming_another_head:
        return comment("wen", "/melisai-gate approve " + kNewHead.substr(0, 12));
      case By::writer_naming_none:
      case By::writer_naming_none_at_once: return comment("wen", "/melisai-gate approve");
      case By::reader_naming_the_head: return comment("rae", name_old);
      case By::author_naming_the_head: return comment("ann", name_old);
      case By::writers_label: return label("wen", "melisai-gate:approved");
      case By::writers_other_label: return label("wen", "bug");
      case By::readers_label: return label("rae", "melisai-gate:approved");
      case By::writer_but_the_forge_is_down: down = true; return comment("wen", name_old);
    }
  }
  /// Every question is answered, or put off.
  void settle_approvals() {
    approver.start([](const Result<void>&) {});
    turn_until([&] {
      const auto asked = queue.asked_approvals().value();
      return asked.empty() || asked.front().tries > 0;
    });
  }
  void plan_all() {
    planner.start([](const Result<void>&) {});
    turn_until([&] { return queue.open_events()->empty(); });
  }
  std::string what_runs() {
    std::string text;
    for (const PipelineRun& run : queue.runs({}).value())
      text += run.pipeline + " of " + run.sha.substr(0, 1) + (run.trusted ? " trusted" : "");
    return text;
  }

  FakeClock time;
  ServeWorld clocked{.clock = time,
                     .interrupt = interrupt,
                     .env = world.env,
                     .environment = {},
                     .program = "",
                     .make_runner = {},
                     .open_remote = world.open_remote,
                     .open_repo = world.open_repo};
  Context with_time{.world = clocked,
                    .config = config,
                    .config_text = kProject,
                    .state_dir = directory.path(),
                    .queue = queue,
                    .loop = loop,
                    .pool = pool,
                    .bus = bus,
                    .rng = rng};
  int deliveries = 0;
  bool down = false;
  api::HookContext hooks{
      .config = config, .queue = queue, .clock = time, .accept = [this](const RunEvent& event) {
        return queue.accept(event);
      }};
  Approver approver{with_time,
                    {.may_write = [this](const WatchedProject&, const store::ApprovalRequest& asked,
                                         const Interrupt&) -> Result<bool> {
                       if (down) return Error{Errc::timeout, "no answer"};
                       return asked.login == "wen";
                     },
                     .measuring = [] { return false; },
                     .approved = [] {}}};
  Planner planner{with_time, {.planned = [] {}, .seen = [](const auto&, const auto&) {}}};
};

TEST_P(ForkMatrix, RunsWhatMayRunAndNothingElse) {
  const Row& row = GetParam();
  if (row.event == "reopened") tell("opened", kOldHead), tell("closed", kOldHead);
  if (row.event == "closed") tell("opened", kOldHead);
  tell(row.event, kOldHead);
  if (row.pushed_before) push();
  approve(row.by);
  settle_approvals();
  if (row.pushed_after) push();
  plan_all();
  EXPECT_EQ(what_runs(), row.runs);
  const auto known = queue.pull_request("demo", 7).value();
  EXPECT_EQ(known && known->waits, row.waits);
}

std::vector<Row> rows() {
  std::vector<Row> all = {
      {.name = "ForkNobody", .waits = true},
      {.name = "ForkAdmin", .by = By::admin, .runs = "ours of c"},
      {.name = "ForkAdminOfAnotherHead", .by = By::admin_of_another_head, .waits = true},
      {.name = "ForkWriterNaming", .by = By::writer_naming_the_head, .runs = "ours of c"},
      {.name = "ForkWriterNamingAnother", .by = By::writer_naming_another_head, .waits = true},
      {.name = "ForkWriterNamingNone", .by = By::writer_naming_none, .runs = "ours of c"},
      {.name = "ForkWriterTooEarly", .by = By::writer_naming_none_at_once, .waits = true},
      {.name = "ForkReader", .by = By::reader_naming_the_head, .waits = true},
      {.name = "ForkAuthor", .by = By::author_naming_the_head, .waits = true},
      {.name = "ForkWritersLabel", .by = By::writers_label, .runs = "ours of c"},
      {.name = "ForkWritersOtherLabel", .by = By::writers_other_label, .waits = true},
      {.name = "ForkReadersLabel", .by = By::readers_label, .waits = true},
      {.name = "ForkForgeIsDown", .by = By::writer_but_the_forge_is_down, .waits = true},
      {.name = "DeletedForkNobody", .from = From::deleted_fork, .waits = true},
      {.name = "SameRepository", .from = From::same_repository, .runs = "theirs of c trusted"},
      {.name = "SameRepositoryPushed",
       .from = From::same_repository,
       .pushed_before = true,
       .runs = "theirs of d trusted"},
      {.name = "Closed", .event = "closed", .by = By::admin},
      {.name = "ClosedSameRepository", .from = From::same_repository, .event = "closed"}};
  // Whatever was approved, a new head waits again; and no approval of the old one is one of it.
  for (const By by : {By::nobody, By::admin, By::writer_naming_the_head, By::reader_naming_the_head,
                      By::author_naming_the_head}) {
    all.push_back({.name = "ForkPushedAfter", .by = by, .pushed_after = true, .waits = true});
    all.push_back({.name = "ForkPushedBefore", .by = by, .pushed_before = true, .waits = true});
  }
  all.push_back({.name = "ForkPushedBeforeOtherHeadApproved",
                 .by = By::admin_of_another_head,
                 .pushed_before = true,
                 .runs = "ours of d"});
  for (const std::string event : {"synchronize", "reopened", "unlabeled"}) {
    all.push_back({.name = "ForkTold", .event = event, .waits = true});
    all.push_back({.name = "ForkToldAndApproved",
                   .event = event,
                   .by = By::writer_naming_the_head,
                   .runs = "ours of c"});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, ForkMatrix, ::testing::ValuesIn(rows()), [](const auto& row) {
  return std::string(row.param.name) + std::to_string(row.index);
});

}  // namespace fork_matrix_test
}  // namespace melisai::serve

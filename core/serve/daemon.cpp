#include "core/serve/daemon.h"

#include <signal.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/secrets.h"
#include "core/base/thread.h"
#include "core/report/report.h"
#include "core/serve/accept.h"
#include "core/serve/alarm.h"
#include "core/serve/approver.h"
#include "core/serve/config.h"
#include "core/serve/control.h"
#include "core/serve/daemon_lock.h"
#include "core/serve/delegation.h"
#include "core/serve/detach.h"
#include "core/serve/engines.h"
#include "core/serve/follow_ups.h"
#include "core/serve/forge_access.h"
#include "core/serve/front.h"
#include "core/serve/hidden_memory.h"
#include "core/serve/housekeeper.h"
#include "core/serve/logging.h"
#include "core/serve/notifier.h"
#include "core/serve/notify_systemd.h"
#include "core/serve/open_files.h"
#include "core/serve/parts.h"
#include "core/serve/planner.h"
#include "core/serve/requests.h"
#include "core/serve/thorough_check.h"
#include "core/serve/trigger_program.h"
#include "core/serve/waits_for.h"
#include "core/serve/watcher.h"
#include "core/serve/workflow_book.h"
#include "core/serve/workspace.h"

namespace melisai::serve {
namespace {

namespace asio = boost::asio;

// Of the pool, and one each for the front door, the engines and thorough checks.
constexpr std::size_t kThreads = kPoolThreads + 3;
/// It looks whether its certificate was renewed.
constexpr std::chrono::seconds kFrontInterval{10};

class Daemon {
 public:
  Daemon(const ServeWorld& world, const ServeConfig& config, std::string config_text,
         const ServeRequest& request, store::Queue queue)
      : queue_(std::move(queue)),
        context_{.world = world,
                 .config = config,
                 .config_text = std::move(config_text),
                 .state_dir = request.state_dir,
                 .config_file = request.config_file,
                 .open_files = open_files_limit(),
                 .queue = queue_,
                 .loop = loop_,
                 .pool = pool_,
                 .bus = bus_,
                 .rng = rng_},
        detached_(request.detached),
        bus_(world.clock),
        scheduler_(loop_, world.clock),
        supervisor_(scheduler_, bus_, rng_, {.parallel = true}),
        front_(context_, seen_from_outside()),
        requests_(context_, {supervisor_, watcher_, planner_, engines_, triggers_, front_,
                             [this] { stop(); }}),
        control_(loop_, context_.state_dir,
                 [this](const std::string& text, ControlServer::Answer answer) {
                   requests_.handle(text, std::move(answer));
                 }),
        signals_(loop_) {
    engines_.on_change([this] {
      notifier_.wake();
      approver_.wake();
      follow_ups_.look();
    });
    for (const CustomTrigger& trigger : config.triggers)
      triggers_.push_back(
          std::make_unique<TriggerProgram>(context_, trigger, [this] { planner_.wake(); }));
  }

  ~Daemon() {
    pool_.join();
    readers_.join();
  }

  Result<int> run() {
    MELISAI_CHECK(workflows_.open());
    MELISAI_CHECK(register_parts());
    watch_signals();
    supervisor_.start_all([this](const Result<void>& started) { on_started(started); });
    loop_.run();
    if (failure_) return *failure_;
    return 0;
  }

 private:
  Result<void> register_parts() {
    using Seconds = std::chrono::seconds;
    MELISAI_CHECK(supervisor_.register_module({.id = "queue", .name = "queue of runs"}, store_));
    MELISAI_CHECK(supervisor_.register_module(
        {.id = "planner", .name = "planner", .dependencies = {"queue"}}, planner_));
    MELISAI_CHECK(supervisor_.register_module(
        {.id = "poller", .name = "git poller", .dependencies = {"planner"}}, watcher_));
    MELISAI_CHECK(supervisor_.register_module(
        {.id = "cron", .name = "schedules", .dependencies = {"planner"}}, alarm_));
    // A program may need a moment to end.
    for (const auto& trigger : triggers_)
      MELISAI_CHECK(supervisor_.register_module({.id = "trigger-" + trigger->trigger().name,
                                                 .name = "program of a trigger",
                                                 .dependencies = {"planner"},
                                                 .required = false,
                                                 .shutdown_timeout = Seconds(20)},
                                                *trigger));
    // It first waits for what an earlier daemon left.
    MELISAI_CHECK(supervisor_.register_module({.id = "engines",
                                               .name = "engines",
                                               .dependencies = {"queue"},
                                               .startup_timeout = Seconds(30),
                                               .shutdown_timeout = Seconds(20)},
                                              engines_));
    MELISAI_CHECK(supervisor_.register_module({.id = "notifier",
                                               .name = "notices to people",
                                               .dependencies = {"queue"},
                                               .required = false},
                                              notifier_));
    MELISAI_CHECK(supervisor_.register_module({.id = "approver",
                                               .name = "approvals asked for on forges",
                                               .dependencies = {"planner"},
                                               .required = false},
                                              approver_));
    if (context_.config.http.enabled)
      // Like the control socket it can say what does not work.
      MELISAI_CHECK(supervisor_.register_module(
          {.id = "http", .name = "front door", .health_interval = kFrontInterval}, front_));
    MELISAI_CHECK(supervisor_.register_module({.id = "housekeeper",
                                               .name = "removes what is long over",
                                               .dependencies = {"queue"},
                                               .required = false},
                                              housekeeper_));
    if (context_.config.orchestrator.optimization.thorough_health_checks)
      MELISAI_CHECK(supervisor_.register_module(
          {.id = "checks", .name = "thorough health checks", .required = false}, thorough_check_));
    // It needs nobody, so that it can say what does not work.
    return supervisor_.register_module({.id = "control", .name = "control socket"}, control_);
  }

  api::Daemon seen_from_outside() {
    return {.clock = context_.world.clock,
            .scheduler = scheduler_,
            .queue = queue_,
            .bus = bus_,
            .config = context_.config,
            .workflows = workflows_,
            .state_dir = context_.state_dir,
            .command = [this](const std::string& request,
                              auto answer) { requests_.handle(request, std::move(answer)); },
            .accept =
                [this](const RunEvent& event) {
                  Result<store::Accepted> accepted = accept_event(context_, event);
                  if (accepted && accepted->waits) notifier_.wake();
                  if (accepted && !accepted->duplicate()) planner_.wake();
                  return accepted;
                },
            .approve =
                [this](const store::Approval& approval) {
                  Result<store::Approved> approved = approve(context_, approval);
                  if (approved) planner_.wake();
                  return approved;
                },
            .runs_json =
                [this](const std::vector<PipelineRun>& runs) {
                  return runs_to_json(runs, waits_in(context_));
                },
            .health = [this] { return supervisor_.system_health(); },
            .in_pool = [this](auto work) { asio::post(readers_, std::move(work)); },
            .in_loop = [this](auto work) { asio::post(loop_, std::move(work)); },
            .measuring = [this] { return engines_.measuring(); },
            .open_repo =
                [this](const std::string& directory) {
                  return context_.world.open_repo(directory, {}, context_.world.interrupt);
                },
            .approval_asked = [this] { approver_.wake(); }};
  }

  // What becomes of modules. The rest of what the bus carries is logged where it happens.
  void log_events() {
    for (supervise::EventBatch batch = events_.take(); !batch.events.empty();
         batch = events_.take())
      for (const supervise::Event& event : batch.events) {
        const bool of_modules = event.type >= supervise::EventType::module_failed;
        if (!of_modules || event.severity == supervise::EventSeverity::info) continue;
        const std::string line = event.source + ": " + event.message;
        event.severity == supervise::EventSeverity::warning ? log_warning(line) : log_error(line);
      }
  }

  void watch_signals() {
    signals_.assign(dup(context_.world.interrupt.fd()));
    signals_.async_wait(asio::posix::stream_descriptor::wait_read, [this](auto error) {
      if (!error) stop();
    });
  }

  void on_started(const Result<void>& started) {
    if (stopping_) return;
    if (!started) {
      failure_ = started.error();
      return stop();
    }
    log_info("ready: " + report::count_of(context_.config.projects.size(), "project") +
             ", state in " + context_.state_dir);
    notify_systemd("READY=1");
    if (detached_) let_go_of_terminal();
    pet_watchdog();
  }

  // The loop answers to systemd only while it turns.
  void pet_watchdog() {
    const auto interval = watchdog_interval(context_.world.env);
    if (!interval || stopping_) return;
    notify_systemd("WATCHDOG=1");
    watchdog_.expires_after(*interval / 2);
    watchdog_.async_wait([this](auto error) {
      if (!error) pet_watchdog();
    });
  }

  void stop() {
    if (stopping_) return;
    stopping_ = true;
    // Whoever asked: the pool may be asking a git server, and only the interrupt ends that early.
    if (!context_.world.interrupt.requested()) raise(SIGTERM);
    notify_systemd("STOPPING=1");
    log_info("stopping");
    supervisor_.stop_all([this](const Result<void>& stopped) {
      if (!stopped) log_error("not everything stopped in time: " + stopped.error().message);
      loop_.stop();
    });
  }

  store::Queue queue_;
  asio::io_context loop_{1};
  asio::thread_pool pool_{kPoolThreads};
  // Of the front door: whoever watches must see something also while all git servers hang.
  asio::thread_pool readers_{1};
  SeededRng rng_{fresh_seed()};
  Context context_;
  bool detached_;
  supervise::EventBus bus_;
  supervise::Subscription events_{
      bus_.subscribe([this] { asio::post(loop_, [this] { log_events(); }); })};
  supervise::AsioScheduler scheduler_;
  Engines engines_{context_};
  Notifier notifier_{context_, sinks_of(context_), [this] { return engines_.measuring(); }};
  Planner planner_{
      context_,
      {.planned =
           [this] {
             engines_.wake();
             notifier_.wake();
           },
       .seen = [this](const std::string& project,
                      const auto& pipelines) { alarm_.set_pipelines(project, pipelines); }}};
  Approver approver_{context_,
                     {.may_write = ask_forge(context_.world),
                      .measuring = [this] { return engines_.measuring(); },
                      .approved =
                          [this] {
                            planner_.wake();
                            notifier_.wake();
                          }}};
  Housekeeper housekeeper_{context_, [this] { return engines_.measuring(); }};
  ThoroughCheck thorough_check_{context_, [this] { return engines_.measuring(); }};
  FollowUps follow_ups_{context_, [this] { planner_.wake(); }};
  Watcher watcher_{context_, [this] { planner_.wake(); }};
  Alarm alarm_{context_, [this] { planner_.wake(); }};
  WorkflowBook workflows_{context_, [this] { alarm_.set_workflows(); }};
  Triggers triggers_;
  StorePart store_{context_};
  supervise::Supervisor supervisor_;
  Front front_;
  Requests requests_;
  ControlPart control_;
  asio::posix::stream_descriptor signals_;
  asio::steady_timer watchdog_{loop_};
  bool stopping_ = false;
  std::optional<Error> failure_;
};

}  // namespace

Result<int> serve(const ServeRequest& request, const ServeWorld& world) {
  hide_memory();
  MELISAI_TRY(const std::string text, read_file(request.config_file, kServeFileMax));
  MELISAI_TRY(
      const LoadedConfig loaded,
      parse_serve_config(text, request.config_file, sources_for(request.config_file, world.env)));
  MELISAI_CHECK(keep_secrets(loaded.secrets, false));
  MELISAI_TRY(const FileLock lock, take_daemon_lock(request.state_dir, world.clock));
  MELISAI_CHECK(prepare_workspace(workspace_of(loaded.config.orchestrator, request.state_dir)));
  MELISAI_CHECK(open_log(targets_of(loaded.config.logging, request.state_dir)));
  for (const std::string& remark : loaded.remarks) log_warning(remark);
  make_room_for_limits(own_unified_cgroup());
  MELISAI_TRY(store::Queue queue, store::Queue::open_writer(request.state_dir));
  // What is damaged would show only where it is needed, and half a daemon is worse than none.
  MELISAI_CHECK(store::Queue::look_for_damage(request.state_dir, kQueueLookMax));
  MELISAI_CHECK(room_for_threads(kThreads));
  Daemon daemon(world, loaded.config, text, request, std::move(queue));
  return daemon.run();
}

}  // namespace melisai::serve

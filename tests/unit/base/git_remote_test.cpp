#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/fakes/fake_remote_repo.h"
#include "tests/unit/base/git_sandbox.h"
#include "tests/unit/base/git_servers.h"

namespace melisai::git_tests {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class GitRemote : public GitSandbox {
 protected:
  static std::unique_ptr<RemoteRepo> remote(GitOptions options = {.allow_http = true}) {
    return make_remote_repo({.path = MELISAI_BIN_DIR "/melisai-gate-git"}, options, no_interrupt());
  }

  /// "refs/heads/main SHA" of each.
  static std::vector<std::string> texts(const Result<std::vector<RemoteRef>>& refs) {
    std::vector<std::string> texts;
    EXPECT_EQ(failure(refs), "");
    for (const RemoteRef& ref : *refs) texts.push_back(ref.name + " " + ref.sha);
    return texts;
  }

  Result<void> fetch(const std::string& url, const std::string& sha) const {
    return remote()->fetch({.url = url, .directory = path("state/mirror.git"), .sha = sha});
  }
  std::string fetch_repo(const std::string& sha) const { return failure(fetch(path("repo"), sha)); }

  /// The mirror's branches and tags.
  std::string mirrored() const {
    return sh("git for-each-ref --format='%(refname)'", "state/mirror.git");
  }
};

TEST_F(GitRemote, APathThatLeadsToNoRepositoryIsSaid) {
  EXPECT_THAT(failure(remote()->refs({path("none.git")})), HasSubstr("none.git does not exist"));
  EXPECT_THAT(failure(remote()->refs({"file://" + path("none")})), HasSubstr("does not exist"));
  sh("mkdir ../empty");
  EXPECT_THAT(failure(remote()->refs({path("empty")})), HasSubstr("is no git repository"));
}

TEST_F(GitRemote, RefsAreBranchesAndTagsWithTheirCommits) {
  const std::string first = commit("a", "1");
  const std::string second = commit("a", "2");
  sh("git tag -a -m release v1 HEAD~1 && git tag light && git branch topic/x HEAD~1 && "
     "git update-ref refs/pull/1/head HEAD && git update-ref refs/notes/x HEAD");
  const WebServer web("git " + root_);
  for (const std::string& url :
       {path("repo"), "file://" + path("repo"), web.url() + "/repo/.git"}) {
    if (url.starts_with("http:") && !web.started()) continue;
    EXPECT_THAT(texts(remote()->refs({url})),
                ElementsAre("refs/heads/main " + second, "refs/heads/topic/x " + first,
                            "refs/tags/light " + second, "refs/tags/v1 " + first))
        << url;
  }
}

TEST_F(GitRemote, AProposalIsToldAndFetchedWhenItIsNamed) {
  const std::string first = commit("a", "1");
  const std::string proposed = commit("a", "2");
  sh("git update-ref refs/pull/1/head HEAD && git update-ref refs/pull/2/head HEAD && "
     "git reset -q --hard HEAD~1");
  EXPECT_THAT(texts(remote()->refs({.url = path("repo"), .proposal = "refs/pull/1/head"})),
              ElementsAre("refs/heads/main " + first, "refs/pull/1/head " + proposed));
  EXPECT_THAT(texts(remote()->refs({.url = path("repo"), .proposal = "refs/pull/3/head"})),
              ElementsAre("refs/heads/main " + first));
  const FetchRequest request{.url = path("repo"),
                             .directory = path("state/mirror.git"),
                             .sha = proposed,
                             .proposal = "refs/pull/1/head"};
  EXPECT_EQ(failure(remote()->fetch(request)), "");
  EXPECT_THAT(mirrored(), HasSubstr("refs/melisai-gate/proposals/pull/1/head"));
  EXPECT_THAT(mirrored(), Not(HasSubstr("pull/2")));
}

// What nobody has approved lies nowhere where trusted runs look, not even under a sha.
TEST_F(GitRemote, OfOtherProposalsNotEvenTheObjectsAreFetched) {
  const std::string first = commit("a", "1");
  const std::string proposed = commit("a", "2");
  sh("git update-ref refs/pull/1/head HEAD && git reset -q --hard HEAD~1 && git pack-refs --all");
  const std::string second = commit("b", "3");
  for (const std::string& url : {path("repo"), "file://" + path("repo"), path("repo/.git")}) {
    sh("rm -rf ../state");
    ASSERT_EQ(failure(fetch(url, second)), "");
    EXPECT_EQ(sh("git cat-file -t " + first, "state/mirror.git"), "commit");
    EXPECT_EQ(sh("git cat-file -t " + proposed + " 2>/dev/null || echo none", "state/mirror.git"),
              "none")
        << url;
    EXPECT_THAT(failure(fetch(url, proposed)), HasSubstr("is on no branch or tag"));
    EXPECT_EQ(sh("ls ../state"), "mirror.git\nmirror.git.lock");
  }
}

TEST_F(GitRemote, ALocalRepositoryIsFetchedAgainAndWithItsTags) {
  const std::string first = commit("a", "1");
  sh("git tag -a -m release v1 && git branch old");
  ASSERT_EQ(fetch_repo(first), "");
  const std::string second = commit("a", "2");
  ASSERT_EQ(fetch_repo(second), "");
  EXPECT_EQ(mirrored(), "refs/heads/main\nrefs/heads/old\nrefs/tags/v1");
  sh("git fsck --strict", "state/mirror.git");
  EXPECT_EQ(sh("git rev-parse main v1^{commit}", "state/mirror.git"), second + "\n" + first);
}

// As `git clone --shared` leaves it, moved together: what it borrows from borrows itself.
TEST_F(GitRemote, ALocalRepositoryMayBorrowFromOthersByRelativePaths) {
  const std::string first = commit("a", "1");
  sh("mkdir ../pools && git clone -q --bare . ../pools/one.git && "
     "git clone -q --bare --shared ../pools/one.git ../pools/two.git && "
     "echo '../../one.git/objects' > ../pools/two.git/objects/info/alternates && "
     "rm -r .git/objects/?? && printf '# pools\\n\\n../../../pools/two.git/objects' > "
     ".git/objects/info/alternates && git fsck");
  const std::string second = commit("a", "2");
  ASSERT_EQ(fetch_repo(second), "");
  sh("mv ../pools ../gone && mv .git ../gone/");
  sh("git fsck --strict", "state/mirror.git");
  EXPECT_EQ(sh("git rev-list main | tail -n 1", "state/mirror.git"), first)
      << "all of it is ours now";
}

TEST_F(GitRemote, ALocalRepositoryThatBorrowsWithoutAnEndIsRefused) {
  const std::string first = commit("a", "1");
  sh("echo . > .git/objects/info/alternates");
  EXPECT_EQ(fetch_repo(first), "") << "from itself, to git's depth only";
  const std::string second = commit("a", "2");
  sh("seq -f ../%g 1001 > .git/objects/info/alternates");
  EXPECT_THAT(fetch_repo(second), AllOf(StartsWith("limit: "), HasSubstr("more than 1000")));
  sh("seq -f ../%g 20000 > .git/objects/info/alternates");
  EXPECT_THAT(fetch_repo(second), StartsWith("limit: "));
}

TEST_F(GitRemote, APathWithALineEndIsNoSecondPlaceToBorrowFrom) {
  const std::string first = commit("a", "1");
  sh("mkdir ../line && cp -r . \"../line/$(printf 'a\\nb')\"");
  EXPECT_THAT(failure(fetch("file://" + path("line") + "/a%0Ab", first)),
              HasSubstr("has a line end"));
}

TEST_F(GitRemote, PathsMayHaveColons) {
  const std::string first = commit("a", "1");
  make_directory("a:b %41");
  sh("cp -r . '../a:b %41/repo'");
  const std::string url = path("a:b %41/repo");
  EXPECT_THAT(texts(remote()->refs({url})), ElementsAre("refs/heads/main " + first));
  EXPECT_EQ(
      failure(remote()->fetch({.url = url, .directory = path("a:b %41/m.git"), .sha = first})), "");
}

TEST_F(GitRemote, AHeadThatAProposalHasLeftIsNotFetched) {
  commit("a", "1");
  const std::string old = commit("a", "2");
  commit("a", "3");
  sh("git update-ref refs/pull/1/head HEAD && git reset -q --hard HEAD~2 && "
     "git commit-tree -m other HEAD^{tree} > ../other && "
     "git update-ref refs/pull/1/head $(cat ../other)");
  const Result<void> fetched = remote()->fetch({.url = path("repo"),
                                                .directory = path("state/mirror.git"),
                                                .sha = old,
                                                .proposal = "refs/pull/1/head"});
  EXPECT_THAT(failure(fetched), HasSubstr("nor in refs/pull/1/head"));
}

TEST_F(GitRemote, AFetchAnswersAFileOfTheCommitToo) {
  const std::string first = commit("a", "1");
  const std::string second = commit("a", "2");
  sh("mkdir d && ln -s a link");
  const std::string third = commit("d/b", std::string(3, '\0') + "\xff");
  const auto file = [&](const std::string& sha, const std::string& file_path) {
    return remote()->fetch_file(
        {.url = path("repo"), .directory = path("state/mirror.git"), .sha = sha}, file_path);
  };
  EXPECT_EQ(file(second, "a").value(), "2");
  EXPECT_EQ(file(first, "a").value(), "1") << "of the commit, which was there already";
  EXPECT_EQ(file(third, "d/b").value(), std::string(3, '\0') + "\xff");
  EXPECT_EQ(file(second, "d/b").value(), std::nullopt);
  EXPECT_THAT(failure(file(third, "link")), HasSubstr("is not a regular file"));
  EXPECT_THAT(failure(file(std::string(40, 'a'), "a")), HasSubstr("is on no branch or tag of"));
}

TEST_F(GitRemote, NothingElseIsAProposal) {
  const std::string sha = commit("a", "1");
  for (const char* ref :
       {"refs/pull/0/head", "refs/pull/1/merge", "refs/pull//head", "refs/pull/-1/head",
        "refs/pull/1/head:refs/heads/main", "refs/pull/head", "refs/pull/*/head", "refs/heads/main",
        "--upload-pack=x", "HEAD", "refs/pull/12345678901234567/head"}) {
    EXPECT_FALSE(is_proposal_head(ref)) << ref;
    EXPECT_THAT(failure(remote()->refs({.url = path("repo"), .proposal = ref})),
                HasSubstr("is no head of a pull request"));
    EXPECT_THAT(failure(remote()->fetch({.url = path("repo"),
                                         .directory = path("state/mirror.git"),
                                         .sha = sha,
                                         .proposal = ref})),
                HasSubstr("is no head of a pull request"));
  }
  EXPECT_TRUE(is_proposal_head("refs/pull/1/head"));
  EXPECT_TRUE(is_proposal_head("refs/merge-requests/90210/head"));
}

TEST_F(GitRemote, AnEmptyRepositoryHasNoRefs) {
  const WebServer web("git " + root_);
  EXPECT_THAT(texts(remote()->refs({path("repo")})), IsEmpty());
  if (!web.started()) GTEST_SKIP() << "needs python3";
  EXPECT_THAT(texts(remote()->refs({web.url() + "/repo/.git"})), IsEmpty());
}

TEST_F(GitRemote, TenThousandRefs) {
  const std::string sha = commit("a", "1");
  sh("for i in $(seq 9999); do echo create refs/tags/a-name-of-some-length/$i " + sha +
     "; done | git update-ref --stdin && git pack-refs --all");
  EXPECT_THAT(remote()->refs({path("repo")}).value(), SizeIs(10'000));
}

TEST_F(GitRemote, MoreRefsThanTheLimitAreAnError) {
  const WebServer server("refs 100001 HEAD");
  if (!server.started()) GTEST_SKIP() << "needs python3";
  EXPECT_THAT(failure(remote()->refs({server.url() + "/x"})),
              AllOf(StartsWith("limit: "), HasSubstr("more than 100000 branches and tags")));
}

TEST_F(GitRemote, NamesThatNoConfigurationCouldHoldAreLeftOut) {
  const WebServer server(
      "refs 1 HEAD refs/heads/../x refs/heads/a..b refs/heads/x.lock refs/heads/ "
      "refs/pull/1/head \"$(printf 'refs/heads/\\377')\" "
      "\"$(printf 'refs/heads/\\033[31m')\" refs/heads/" +
      std::string(1000, 'x'));
  if (!server.started()) GTEST_SKIP() << "needs python3";
  EXPECT_THAT(texts(remote()->refs({server.url() + "/x"})),
              ElementsAre("refs/heads/0 " + std::string(40, 'a')));
}

TEST_F(GitRemote, ARepositoryThatIsGoneIsAnError) {
  EXPECT_THAT(failure(remote()->refs({path("gone")})),
              AllOf(StartsWith("git: "), HasSubstr("gone")));
  const WebServer web("git " + root_);
  if (!web.started()) GTEST_SKIP() << "needs python3";
  EXPECT_THAT(failure(remote()->refs({web.url() + "/gone.git"})),
              AllOf(StartsWith("git: "), HasSubstr("404")));
}

TEST_F(GitRemote, DangerousAddressesAreRefusedBeforeAnythingIsStarted) {
  const std::string proof = path("proof");
  for (const std::string& url :
       {"ext::sh -c 'touch " + proof + "'", "--upload-pack=touch " + proof,
        std::string("git://127.0.0.1/x"), std::string("ssh://-oProxyCommand=x/y"),
        std::string("../repo"), std::string("")}) {
    EXPECT_THAT(failure(remote()->refs({url})), StartsWith("git: the address")) << url;
    EXPECT_THAT(failure(fetch(url, std::string(40, 'a'))), StartsWith("git: the address")) << url;
  }
  EXPECT_THAT(failure(remote({})->refs({"http://127.0.0.1/x"})), HasSubstr("git.allow_http"));
  EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST_F(GitRemote, AServerThatStaysSilentIsGivenUpAtTheDeadline) {
  const SilentServer server;
  const auto start = std::chrono::steady_clock::now();
  const auto refs =
      remote({.allow_http = true, .timeout = Milliseconds(1000)})
          ->refs({"http://me:secret@127.0.0.1:" + std::to_string(server.port()) + "/x"});
  EXPECT_THAT(failure(refs), AllOf(StartsWith("timeout: "), Not(HasSubstr("secret"))));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST_F(GitRemote, PasswordsAreNeitherAskedForNorRepeated) {
  const WebServer server("status 401");
  if (!server.started()) GTEST_SKIP() << "needs python3";
  EXPECT_THAT(failure(remote()->refs({server.url() + "/x"})), HasSubstr("asks for a password"));
  EXPECT_THAT(failure(remote()->refs({"https://me:secret@127.0.0.1:1/x"})),
              AllOf(HasSubstr("asking https://127.0.0.1:1/x"), Not(HasSubstr("secret"))));
}

TEST_F(GitRemote, FetchMakesTheMirrorAndKeepsItCurrent) {
  const WebServer web("git " + root_);
  const std::string url = web.started() ? web.url() + "/repo/.git" : path("repo");
  const std::string first = commit("a", "1");
  ASSERT_EQ(failure(fetch(url, first)), "");
  sh("git checkout -q -b topic && git tag v1");
  const std::string second = commit("a", "2");
  ASSERT_EQ(failure(fetch(url, second)), "");
  EXPECT_EQ(mirrored(), "refs/heads/main\nrefs/heads/topic\nrefs/tags/v1");
  const auto mirror = open("state/mirror.git");
  EXPECT_EQ(mirror->read_file(second, "a").value(), "2");
  EXPECT_EQ(mirror->merge_base(first, second).value(), first);
  ASSERT_EQ(failure(mirror->checkout(second, make_directory("out"))), "");
  EXPECT_EQ(listing(path("out")), "a");
}

TEST_F(GitRemote, ACommitThatIsThereNeedsNoServer) {
  const std::string sha = commit("a", "1");
  ASSERT_EQ(fetch_repo(sha), "");
  EXPECT_EQ(failure(fetch("https://127.0.0.1:1/x", sha)), "");
}

TEST_F(GitRemote, FetchFollowsAForcedPushAndKeepsTheOldCommit) {
  const std::string old = commit("a", "1");
  ASSERT_EQ(fetch_repo(old), "");
  sh("git commit -q --amend -m other");
  const std::string amended = sh("git rev-parse HEAD");
  ASSERT_EQ(fetch_repo(amended), "");
  EXPECT_EQ(open("state/mirror.git")->resolve("main").value(), amended);
  EXPECT_EQ(open("state/mirror.git")->read_file(old, "a").value(), "1");
}

TEST_F(GitRemote, ABranchThatTakesTheNameOfADeletedOneIsFetched) {
  commit("a", "1");
  sh("git branch team && git branch other/deep/x && git branch stays");
  ASSERT_EQ(fetch_repo(sh("git rev-parse HEAD")), "");
  sh("git branch -D -q team other/deep/x stays && git branch team/x && git branch other");
  ASSERT_EQ(fetch_repo(commit("a", "2")), "");
  EXPECT_EQ(mirrored(), "refs/heads/main\nrefs/heads/other\nrefs/heads/stays\nrefs/heads/team/x");
}

TEST_F(GitRemote, WhatAKilledFetchLeftStopsNoLaterOne) {
  ASSERT_EQ(fetch_repo(commit("a", "1")), "");
  for (const char* name : {"refs/heads/main.lock", "packed-refs.lock", "config.lock", "HEAD.lock",
                           "objects/pack/pack_git2_abcdef"})
    spill(path("state/mirror.git/") + name, "left");
  ASSERT_EQ(fetch_repo(commit("a", "2")), "");
  EXPECT_THAT(listing(path("state/mirror.git")),
              AllOf(Not(HasSubstr(".lock")), Not(HasSubstr("_git2_"))));
}

TEST_F(GitRemote, FetchesIntoOneMirrorWaitForEachOther) {
  std::vector<std::string> shas;
  for (int i = 0; i < 4; ++i) {
    shas.push_back(commit("a", std::to_string(i)));
    sh("git branch b" + std::to_string(i));
  }
  std::vector<std::string> failures(shas.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < shas.size(); ++i)
    threads.emplace_back([&, i] { failures[i] = fetch_repo(shas[i]); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(failures, testing::Each(""));
}

TEST_F(GitRemote, ACommitThatTheServerLacksIsExplained) {
  commit("a", "1");
  EXPECT_THAT(fetch_repo(std::string(40, 'a')), HasSubstr("is on no branch or tag of"));
  EXPECT_THAT(fetch_repo("abc"), HasSubstr("is not a full commit id"));
}

TEST_F(GitRemote, TheFakeAnswersFromItsTables) {
  FakeRemoteRepo fake;
  fake.servers["/srv/app"] = {{"refs/heads/main", "a"}};
  EXPECT_THAT(texts(fake.refs({"/srv/app"})), ElementsAre("refs/heads/main a"));
  EXPECT_FALSE(fake.refs({"/srv/other"}));
  EXPECT_TRUE(fake.fetch({.url = "/srv/app", .directory = "/d", .sha = "a"}));
  EXPECT_EQ(fake.fetches.front().sha, "a");
}

}  // namespace
}  // namespace melisai::git_tests

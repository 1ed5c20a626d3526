// The rules about text, on files made up here: each must find what it is for, and let the rest
// pass.
#include <gmock/gmock.h>

#include "tests/tidy/rules.h"

namespace melisai::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Findings language(const std::string& text) { return check_language({"core/base/a.cpp", text}); }

std::string function_of(int lines, const std::string& head) {
  std::string text = head + " {\n";
  for (int i = 0; i < lines - 2; ++i) text += "  if (x) { y(); }\n";
  return text + "}\n";
}

Findings length(const std::string& text) { return check_function_length({"a.cpp", text}); }

TEST(SplitViews, TellsCodeCommentsAndLiteralsApart) {
  const Views views = split_views("a(\"b // c\"); // d\ne('f', /* g */ 10'000);");
  EXPECT_EQ(views.code, "a(\"      \");     \ne(' ',         10'000);");
  EXPECT_EQ(views.comments, "             // d\n       /* g */         ");
}

TEST(SplitViews, SkipsEscapedQuotesAndRawStrings) {
  EXPECT_THAT(language("f(\"\\\" new x\");\n"), IsEmpty());
  EXPECT_THAT(language("f(R\"y(\" new x)y\");\n"), IsEmpty());
  EXPECT_THAT(language("f('\"'); g(new x);\n"), SizeIs(1));
}

TEST(LanguageRule, RefusesManualMemory) {
  EXPECT_THAT(language("auto x = new int;\n"), ElementsAre(HasSubstr("core/base/a.cpp:1: new")));
  EXPECT_THAT(language("\n  delete x;\n"), ElementsAre(HasSubstr(":2: delete")));
  EXPECT_THAT(language("delete[] x;\n"), SizeIs(1));
}

TEST(LanguageRule, AllowsDeletedFunctionsAndTheHeaderNew) {
  EXPECT_THAT(language("A(const A&) = delete;\n#include <new>\nint renew = 0; // a new one\n"),
              IsEmpty());
}

TEST(LanguageRule, RefusesUsingNamespaceButForLiteralsAndMain) {
  EXPECT_THAT(language("using namespace std;\n"), SizeIs(1));
  EXPECT_THAT(language("using namespace std::chrono_literals;\n"), IsEmpty());
  EXPECT_THAT(language("using namespace melisai::exec;\n"), SizeIs(1));
  EXPECT_THAT(check_language({"core/exec/exec_main.cpp", "  using namespace melisai::exec;\n"}),
              IsEmpty());
  EXPECT_THAT(check_language({"core/exec/exec_main.cpp", "using namespace std;\n"}), SizeIs(1));
  EXPECT_THAT(check_language({"a.h", "using namespace std::chrono_literals;\n"}), SizeIs(1));
}

TEST(LanguageRule, RefusesRegexInTheProduct) {
  EXPECT_THAT(language("#include <regex>\n"), SizeIs(1));
  EXPECT_THAT(language("std::regex r;\n"), SizeIs(1));
  EXPECT_THAT(check_language({"tests/unit/a.cpp", "std::regex r;\n"}), IsEmpty());
}

TEST(LanguageRule, WantsAnIssueForEveryToDo) {
  EXPECT_THAT(language("// TODO: later\n"), SizeIs(1));
  EXPECT_THAT(language("/* FIXME */\n"), SizeIs(1));
  EXPECT_THAT(language("// TODO(cache) keep it, #12\n"), IsEmpty());
  EXPECT_THAT(language("f(\"TODO\");\n"), IsEmpty());
}

TEST(FunctionLength, CountsFromTheFirstLineOfTheDeclaration) {
  EXPECT_THAT(length(function_of(70, "void f(int x)")), IsEmpty());
  EXPECT_THAT(length(function_of(71, "void f(int x)")),
              ElementsAre(HasSubstr("a.cpp:1: function")));
  EXPECT_THAT(length("\n" + function_of(70, "void f(int x,\n       int y)")),
              ElementsAre(HasSubstr("a.cpp:2:")));
}

TEST(FunctionLength, LooksIntoNamespacesAndClasses) {
  EXPECT_THAT(length("namespace a {\nclass B {\n" + function_of(71, "void f()") + "};\n}\n"),
              SizeIs(1));
  EXPECT_THAT(
      length("namespace a {\n" + function_of(60, "void f()") + function_of(60, "void g()") + "}\n"),
      IsEmpty());
}

TEST(FunctionLength, IsNotFooledByTemplatesMacrosAndTables) {
  EXPECT_THAT(length(function_of(71, "template <class T>\nvoid f(T x)")), SizeIs(1));
  EXPECT_THAT(length(function_of(71, "TEST(Suite, Name)")), SizeIs(1));
  std::string table = "const int kTable[] = {\n";
  for (int i = 0; i < 100; ++i) table += "    f(1),\n";
  EXPECT_THAT(length(table + "};\n"), IsEmpty());
  EXPECT_THAT(length("#define F(x) \\\n  (x)\nnamespace a {\n" + function_of(60, "void f()") +
                     function_of(60, "void g()") + "}\n"),
              IsEmpty());
}

TEST(LayoutRule, MeasuresLinesAndFiles) {
  EXPECT_THAT(check_layout({"a.cpp", std::string(100, 'x') + "\n"}), IsEmpty());
  EXPECT_THAT(check_layout({"a.cpp", std::string(101, 'x') + "\n"}), SizeIs(1));
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "\xC3\xA4";  // two bytes, one column
  EXPECT_THAT(check_layout({"a.cpp", wide + "\n"}), IsEmpty());
  EXPECT_THAT(check_layout({"a.cpp", std::string(400, '\n')}), IsEmpty());
  EXPECT_THAT(check_layout({"a.cpp", std::string(401, '\n')}), ElementsAre(HasSubstr("400 lines")));
}

TEST(LayoutRule, RefusesTabsAndStrayBlanks) {
  EXPECT_THAT(check_layout({"a.cpp", "\tx\n"}), SizeIs(1));
  EXPECT_THAT(check_layout({"a.cpp", "x \n"}), SizeIs(1));
  EXPECT_THAT(check_layout({"a.cpp", "x\r\n"}), SizeIs(1));
  EXPECT_THAT(check_layout({"a.cpp", "x"}), SizeIs(1));
}

TEST(HeaderStart, WantsACommentThenTheGuard) {
  EXPECT_THAT(check_header_start({"a.h", "// What it is.\n#pragma once\nint x;\n"}), IsEmpty());
  EXPECT_THAT(check_header_start({"a.h", "#pragma once\n"}), ElementsAre(HasSubstr("comment")));
  EXPECT_THAT(check_header_start({"a.h", "// What.\n#include <vector>\n#pragma once\n"}),
              SizeIs(1));
  EXPECT_THAT(check_header_start({"a.h", "// #pragma once\nint x;\n"}), SizeIs(1));
  EXPECT_THAT(check_header_start({"a.cpp", "int x;\n"}), IsEmpty());
}

TEST(MachinePaths, AreFoundAnywhereButInsideOtherPaths) {
  const std::string root =
      "/root"
      "/";
  EXPECT_THAT(check_machine_paths({"ci/x", "cd " + root + "me\n"}),
              ElementsAre(HasSubstr("ci/x:1:")));
  EXPECT_THAT(check_machine_paths({"ci/x", "cd \"" + root + "me\"\n"}), SizeIs(1));
  EXPECT_THAT(check_machine_paths({"ci/x", "cd ${base}" + root + "me\n"}), IsEmpty());
}

TEST(ListedSources, MatchesListsAndFiles) {
  const SourceFile cmake{"core/a/CMakeLists.txt", "step(a SOURCES x.cpp y.cpp)  # old.cpp\n"};
  EXPECT_THAT(check_listed_sources({cmake}, {"core/a/x.cpp", "core/a/y.cpp", "core/a/a.h"}),
              IsEmpty());
  EXPECT_THAT(check_listed_sources({cmake}, {"core/a/x.cpp"}),
              ElementsAre(HasSubstr("y.cpp does not exist")));
  EXPECT_THAT(check_listed_sources({cmake}, {"core/a/x.cpp", "core/a/y.cpp", "core/a/z.cpp"}),
              ElementsAre(HasSubstr("core/a/z.cpp")));
}

}  // namespace
}  // namespace melisai::tidy

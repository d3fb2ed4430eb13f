// Figures have text on machines without fonts, if the fonts are next to the programs.
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/read_all.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;

const fs::path kFonts = "/usr/share/fonts/truetype/dejavu";

}  // namespace

TEST_CASE("a figure is drawn with the fonts next to the programs, on a machine without fonts", "[package]") {
  if (!fs::exists(kFonts / "DejaVuSans.ttf")) LENET_SKIP("DejaVu Sans is not installed");
  const TemporaryFolder folder;
  std::ofstream(folder / "metrics.csv") << "epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate\n"
                                           "1,100,0.5,0.8,0.4,0.9,0.001\n2,200,0.3,0.9,0.3,0.95,0.001\n";
  std::ofstream(folder / "no-fonts.conf") << "<fontconfig></fontconfig>\n";
  fs::create_directories(folder / "bin");
  fs::create_directories(folder / "share/lenet");
  for (const char* file : {"lenet_plot", "liblenet_figures.so"})
    fs::copy(fs::path(LENET_PROGRAMS) / file, folder / "bin" / file);

  std::string input = "metrics.csv";
  const auto drawn = [&](const std::string& program, const std::string& file, bool without_fonts) {
    ProcessOptions options{.folder = folder.path(), .environment = {{"HOME", (folder / "home").string()}}};
    if (without_fonts) options.environment["FONTCONFIG_FILE"] = (folder / "no-fonts.conf").string();
    const ProcessResult result = run_process({program, input, "-o", file}, options);
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
    const bool has_boxes = result.errors.find("figures show boxes instead of") != std::string::npos;
    CHECK(has_boxes == (file == "boxes.png"));
    return lenet::read_all(folder / file);
  };
  const std::string installed = (folder / "bin/lenet_plot").string();
  const std::string usual = drawn(std::string(LENET_PROGRAMS) + "/lenet_plot", "usual.png", false);
  CHECK(drawn(installed, "boxes.png", true) != usual);
  fs::remove_all(folder / "home");

  fs::copy(kFonts, folder / "share/lenet/fonts");
  CHECK(drawn(installed, "own.png", true) == usual);
  CHECK_FALSE(fs::exists(folder / "home"));  // fontconfig keeps no cache of them

  // This character is in the system's DejaVu Sans Mono, but not in DejaVu Sans.
  input = "\u2336.csv";
  fs::copy(folder / "metrics.csv", folder / input);
  CHECK(drawn(installed, "other.png", false) ==
        drawn(std::string(LENET_PROGRAMS) + "/lenet_plot", "usual-other.png", false));
}

// Files that somebody made to do harm, or by mistake: refused in a second of one core and within 64 MB, or
// read to the right values.
#include "tests/data/files.hpp"

#include <cstring>
#include <fstream>
#include <malloc.h>
#include <random>

#include "tests/data/pictures/encoded_pictures.hpp"
#include "tests/faults/harness/runs.hpp"

namespace lenet::faults {
namespace {

constexpr double kMostSeconds = 1;
constexpr std::int64_t kMostKib = 64 * 1024;

/// A file, and the kind of program that is given it.
struct Hostile {
  std::string name;
  std::string content;  ///< later moved to the disk: a program's peak of memory counts from ours
  enum class Kind { checkpoint, images, labels, config, metrics, picture, events } kind;
};
using Kind = Hostile::Kind;

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  all.reserve(count * text.size());
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string with_length(const std::string& header) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header;
}

std::string gzipped(const std::string& text) {
  const Bytes packed = gzip({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return {packed.begin(), packed.end()};
}

std::string idx_header(std::uint32_t count, std::uint32_t rows = 28, std::uint32_t columns = 28) {
  return png_number(0x803) + png_number(count) + png_number(rows) + png_number(columns);
}

void add_checkpoints(std::vector<Hostile>& files, const std::string& best) {
  const auto add = [&](const std::string& name, const std::string& content) {
    files.push_back({"checkpoint, " + name, content, Kind::checkpoint});
  };
  add("empty", "");
  add("a huge length", std::string(8, '\xff') + best.substr(8));
  add("deep arrays", with_length("{\"__metadata__\":{},\"a\":{\"dtype\":" + times(87'000, "[")));
  add("deep objects", with_length(times(100'000, "{\"a\":")));
  add("many arrays", with_length(times(20'000'000, "[")));
  std::string empties = "{";
  for (int i = 0; i < 50'000; ++i)
    empties += "\"t" + std::to_string(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)";
  add("50,000 empty tensors",
      with_length(empties + R"("z":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})"));
  add("a long name", with_length("{\"" + std::string(900'000, 'n') + "\":1}"));
  add("a large shape",
      with_length(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})"));
  add("a pickle", "PK\x03\x04" + std::string(500, '\0') + "archive/data.pkl");
  add("something after it", best + "x");
  std::mt19937 random(3);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  for (int n = 0; n < 300; ++n) {
    add("cut off", best.substr(0, below(best.size())));
    std::string flipped = best;
    const std::size_t at = n % 2 == 0 ? below(700) : below(best.size());
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << below(8)));
    add("bit flipped in byte " + std::to_string(at), flipped);
  }
}

void add_data(std::vector<Hostile>& files) {
  const auto add = [&](const std::string& name, const std::string& content, Kind kind = Kind::images) {
    files.push_back({"data, " + name, content, kind});
  };
  add("empty", "");
  add("more images than bytes", idx_header(0xffffffff));
  add("wide images", idx_header(1, 0xffffffff, 0xffffffff));
  add("no image", idx_header(0));
  add("a page", "<html><body>404</body></html>");
  std::mt19937 random(4);
  std::string noise(1 << 20, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  add("gzip of noise that declares 1.4 million", gzipped(idx_header(1'400'000) + noise));
  add("gzip of zeros that declares 1.4 million", gzipped(idx_header(1'400'000) + std::string(1 << 20, '\0')));
  add("gzip within gzip", gzipped(gzipped(idx_header(1))));
  add("half of a gzip", gzipped(idx_header(100) + noise.substr(0, 78'400)).substr(0, 40'000));
  add("rubbish after gzip", gzipped(idx_header(1) + std::string(784, 'x')) + "rubbish");
  add("a label of 10", png_number(0x801) + png_number(100) + std::string(100, 10), Kind::labels);
  add("few labels", png_number(0x801) + png_number(100) + std::string(99, 1), Kind::labels);
}

void add_texts(std::vector<Hostile>& files) {
  const auto add = [&](const std::string& name, const std::string& content, Kind kind) {
    files.push_back({name, content, kind});
  };
  const std::string header = "epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds\n";
  add("config, 50,000 dots", times(50'000, "a.") + "a = 1", Kind::config);
  add("config, deep arrays", "a = " + times(50'000, "["), Kind::config);
  add("config, deep tables", "a = " + times(50'000, "{a="), Kind::config);
  add("config, zeros", std::string(1000, '\0'), Kind::config);
  add("config, 50 MB", times(1'000'000, "a = 1 # and a comment that goes on and on and o\n"), Kind::config);
  add("config, not UTF-8", "model = \"\xff\xfe\"", Kind::config);
  add("config, a long value", "model = \"" + std::string(60'000, 'm') + '"', Kind::config);
  add("metrics, no end", header + std::string(10'000'000, '1'), Kind::metrics);
  add("metrics, many commas", header + std::string(10'000'000, ','), Kind::metrics);
  add("metrics, infinite", header + "1,1,inf,1,1,1,1,1\n", Kind::metrics);
  add("metrics, huge", header + "1,1,1e309,1,1,1,1,1\n", Kind::metrics);
  add("metrics, backwards", header + "1,2,1,1,1,1,1,1\n1,1,1,1,1,1,1,1\n", Kind::metrics);
  add("metrics, zeros", std::string(10'000'000, '\0'), Kind::metrics);
}

void add_pictures(std::vector<Hostile>& files) {
  const auto add = [&](const std::string& name, const std::string& content) {
    files.push_back({"picture, " + name, content, Kind::picture});
  };
  add("empty", "");
  add("PNG of 2^31 pixels a side", write_png({0x7fffffff, 0x7fffffff}, ""));
  add("PNG of 65535 pixels a side", write_png({65'535, 65'535}, ""));
  add("PNG of no pixels", write_png({0, 0}, ""));
  add("PGM of 2^40 pixels", "P5 1048576 1048576 255\n");
  add("PGM with many blanks", "P5" + std::string(10'000'000, ' ') + "1 1 255\nx");
  add("PGM with long numbers", "P5 " + std::string(1'000'000, '9') + " 1 255\nx");
  add("JPEG that begins", std::string("\xff\xd8\xff\xe0\0\x10JFIF", 10));
  add("half of a JPEG", as_jpeg(slope(100, 100)).substr(0, 500));
  add("half of a WebP", as_webp(slope(100, 100)).substr(0, 500));
  add("half of a BMP", as_bmp({100, 100, 24}, std::string(15'000, 'x')));
}

void add_events(std::vector<Hostile>& files) {
  const auto add = [&](const std::string& name, const std::string& content) {
    files.push_back({"events, " + name, content, Kind::events});
  };
  add("empty", "");
  add("zeros", std::string(100'000, '\0'));
  add("a huge length", std::string(100, '\xff'));
  add("text", times(1000, "Not an event file\n"));
}

void write(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

void demand_cheap(const ProcessResult& result, Trials& trials) {
  if (!Runs::kAvailable) return;  // sanitizers take time and memory
  trials.demand(result.cpu_seconds < kMostSeconds, "takes " + std::to_string(result.cpu_seconds) + " s");
  trials.demand(result.peak_kib < kMostKib, "takes " + std::to_string(result.peak_kib) + " KiB");
}

/// Moves the contents to the disk.
void store(std::vector<Hostile>& files, const fs::path& folder) {
  fs::create_directory(folder);
  for (std::size_t n = 0; n < files.size(); ++n) {
    write(folder / std::to_string(n), files[n].content);
    files[n].content = (folder / std::to_string(n)).string();
  }
  for (Hostile& file : files) file.content.shrink_to_fit();
  ::malloc_trim(0);
}

/// Puts the file in its place and returns the command that reads it.
std::vector<std::string> reader_of(const Hostile& file, const Runs& runs, const std::string& best) {
  const fs::path folder = runs.folder.path();
  if (file.kind == Kind::images || file.kind == Kind::labels) {
    fs::remove_all(folder / "hostile-data");
    fs::copy(folder / "data", folder / "hostile-data");
    fs::copy_file(file.content,
                  folder / "hostile-data" /
                      (file.kind == Kind::images ? "t10k-images-idx3-ubyte" : "t10k-labels-idx1-ubyte"),
                  fs::copy_options::overwrite_existing);
    return {LENET_EVAL_PROGRAM, best, "--data", "hostile-data", "--device", "cpu"};
  }
  fs::copy_file(file.content, folder / "hostile", fs::copy_options::overwrite_existing);
  if (file.kind == Kind::config) return {LENET_TRAIN_PROGRAM, "--config", "hostile", "--dry-run"};
  if (file.kind == Kind::metrics) return {LENET_PLOT_PROGRAM, "hostile", "-o", "curves.svg"};
  if (file.kind == Kind::picture) return {LENET_PREDICT_PROGRAM, best, "hostile", "--device", "cpu"};
  return {LENET_EVAL_PROGRAM, "hostile", "--data", "data", "--device", "cpu"};
}

void try_reader(const Hostile& file, const Runs& runs, const ShortRun& run, Trials& trials) {
  const std::string best = (run.whole / "best.bin").string();
  const ProcessResult result = runs.run_to_end(reader_of(file, runs, best), runs.options, trials);
  if (result.exit_code == 0 && file.kind == Kind::checkpoint) {  // a bit that means nothing
    const ProcessResult right =
        run_process({LENET_EVAL_PROGRAM, best, "--data", "data", "--device", "cpu"}, runs.options);
    trials.demand(result.output == right.output, "is read to other values");
    return;
  }
  trials.demand(result.exit_code == 1 || result.exit_code == 2,
                "exit code " + std::to_string(result.exit_code));
  runs.demand_clean_end(result, trials);
  demand_cheap(result, trials);
}

/// Event files of other programs, and what a power cut leaves of them, do not stop a run.
void try_resume(const Hostile& file, const Runs& runs, const ShortRun& run, Trials& trials) {
  runs.clear();
  ShortRun half = run;
  half.length = {"--batch", "50", "--epochs", "2"};
  run_process(runs.command(half), runs.options);
  fs::copy_file(file.content, runs.folder / "run/train/events.out.tfevents.9999999999.x");
  runs.demand_resumed(run, trials);
}

std::vector<Hostile> hostile_files(const Runs& runs, const ShortRun& run) {
  std::vector<Hostile> files;
  add_data(files);
  add_texts(files);
  add_pictures(files);
  add_events(files);
  add_checkpoints(files, read_all(run.whole / "best.bin"));
  store(files, runs.folder / "hostile-files");
  return files;
}

}  // namespace

void read_hostile_files(Trials& trials) {
  const Runs runs;
  const ShortRun run = runs.short_run("regressor");
  for (const Hostile& file : trials.some_of(hostile_files(runs, run))) {
    trials.begin(file.name);
    if (file.kind == Kind::events)
      try_resume(file, runs, run, trials);
    else
      try_reader(file, runs, run, trials);
  }
}

}  // namespace lenet::faults

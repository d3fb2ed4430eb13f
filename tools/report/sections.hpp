#pragma once

#include <string>

#include "tools/report/report.hpp"

/// The parts of a report, as HTML.
namespace lenet::report {

/// Returns a table of all runs with their figures, under a sentence about the best one.
std::string summary_section(const Report& report);
/// Returns a table of the runs whose models are the tutorial's, with its figures, as far as they were tested
/// on MNIST as the tutorial's were; empty if there is none.
std::string tutorial_section(const Report& report);
/// Returns the curves of all runs in one figure.
std::string curves_section(const Report& report);
/// Returns all about one run. `index` counts the report's runs from 0.
std::string run_section(const ReportedRun& run, std::size_t index);

/// Returns the id of a run's section: "run-1".
std::string id_of_run(std::size_t index);

/// Returns a grid of digits with their likeliest classes.
std::string digits_html(const std::vector<ShownDigit>& digits, const ClassNames& names);

/// 0.9916 → "99.16 %".
std::string accuracy_text(double accuracy);

}  // namespace lenet::report

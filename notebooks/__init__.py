"""nbgrader source notebooks, with answers: data, never readable where a pupil's code runs."""

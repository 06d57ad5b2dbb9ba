"""The ground floor: what every module stands on; knows no web and no module."""

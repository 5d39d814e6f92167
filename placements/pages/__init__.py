"""Pages of this floor, a module for each thing they are about; the main ones share a blueprint."""

from flask import Blueprint

blueprint = Blueprint("placements", __name__)

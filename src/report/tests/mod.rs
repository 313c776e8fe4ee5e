mod human;
mod programs;
mod sample;
mod texts;
